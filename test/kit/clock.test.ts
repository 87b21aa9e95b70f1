// The system's clock: sleeps end early when told, timers can be called off and hold no process. No
// test measures how long anything took.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/kit/clock.ts'

const HOUR_MS = 3_600_000

describe('the system clock', () => {
  it('tells the wall clock in milliseconds since 1970', () => {
    const before = Date.now()
    const now = systemClock.now()
    assert.ok(before <= now && now <= Date.now())
  })

  it('counts elapsed time that never goes back', () => {
    const seen = Array.from({ length: 1_000 }, () => systemClock.elapsed())
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    )
  })

  it('sleeps no less than asked', async () => {
    const started = systemClock.elapsed()
    await systemClock.sleep(20)
    // Timers count whole milliseconds of another clock, so one may be short of the other's by one.
    assert.ok(systemClock.elapsed() - started >= 19)
  })

  it('ends a sleep when the signal aborts, without rejecting', async () => {
    const stop = new AbortController()
    const asleep = systemClock.sleep(HOUR_MS, stop.signal)
    stop.abort()
    assert.equal(await asleep, undefined)
  })

  it('does not begin a sleep whose signal has aborted already', async () => {
    assert.equal(await systemClock.sleep(HOUR_MS, AbortSignal.abort()), undefined)
  })

  it('runs a timer once, and not at all when it was cancelled', async () => {
    const ran: string[] = []
    const cancel = systemClock.after(1, () => ran.push('cancelled'))
    await new Promise<void>(resolve => {
      systemClock.after(1, () => ran.push('kept'))
      // Longer than both, and it holds the process that the two do not hold.
      setTimeout(resolve, 50)
      cancel()
    })
    assert.deepEqual(ran, ['kept'])
  })

  it('holds no process with a timer that is still to come', () => {
    const clock = new URL('../../src/kit/clock.ts', import.meta.url).href
    const script = `import { systemClock } from '${clock}'; systemClock.after(${HOUR_MS}, () => {})`
    const { status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      timeout: 60_000,
    })
    assert.equal(status, 0)
  })
})
