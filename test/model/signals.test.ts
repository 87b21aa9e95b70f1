// Signals that say nothing, for tests and offline tools.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { silentSignals } from '../../src/model/signals.ts'

it('takes whatever the path says and counts, and keeps silent', t => {
  const wrote = t.mock.method(process.stderr, 'write', () => true)
  silentSignals.say('error', 'unit begins again', { code: 'log_disk_full' })
  silentSignals.count('received', { tenant: 'harbor' }, 3)
  assert.equal(wrote.mock.callCount(), 0)
})
