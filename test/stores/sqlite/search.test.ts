// The search index in SQLite: its contract over a real embedded log, and what is peculiar to a file
// of its own that may go missing.
import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { embedded } from '../../../src/logs/embedded/embedded.ts'
import { silentSignals } from '../../../src/model/signals.ts'
import { sqlite } from '../../../src/stores/sqlite/sqlite.ts'
import { searchContract } from '../../contract/search.contract.ts'
import { eventRecord, rawRecord } from '../../contract/search_samples.ts'
import { atEnd, folder, openLogIn, until } from '../../path/rooms.ts'

const RAW = 'raw.harbor.adt_in'
const all = { after: '', limit: 100 }

function openIn(data: string) {
  const { reader_module } = embedded
  assert.ok(reader_module !== undefined && sqlite.openSearch !== undefined)
  return sqlite.openSearch({ data, reader_module, signals: silentSignals })
}

async function open(t: TestContext) {
  const data = await folder(t)
  const log = await openLogIn(data)
  const search = openIn(data)
  atEnd(t, async () => {
    await search.close()
    await log.close()
  })
  return { data, log, search }
}

describe('the search index in SQLite', () => {
  searchContract(open)

  for (const damage of ['missing', 'damaged', 'of another format'] as const) {
    it(`makes its file anew from the log where it is ${damage}, in the same order`, async t => {
      const data = await folder(t)
      const log = await openLogIn(data)
      atEnd(t, () => log.close())
      const topics = [RAW, 'raw.harbor.lab', 'canonical.harbor']
      for (const topic of topics) await log.createTopic(topic)
      for (let i = 0; i < 30; i++) {
        const raw_id = `r${String(i).padStart(2, '0')}`
        await log.append(topics[i % 2] ?? RAW, 0, [rawRecord({ raw_id, control_id: raw_id })])
        await new Promise(resolve => setTimeout(resolve, 2))
        const event = eventRecord({ raw_id, event_id: `e${i}`, patient: `P${i}` })
        await log.append('canonical.harbor', 0, [event])
      }
      const first = openIn(data)
      await first.caughtUp()
      const before = await first.messages({}, all)
      await first.close()
      const file = join(data, 'search.db')
      if (damage === 'missing') await rm(file)
      if (damage === 'damaged') await writeFile(file, Buffer.alloc(100_000, 7))
      if (damage === 'of another format') {
        const bytes = await readFile(file)
        // user_version, https://sqlite.org/fileformat.html#the_database_header
        bytes.writeUInt32BE(999, 60)
        await writeFile(file, bytes)
      }
      const second = openIn(data)
      atEnd(t, () => second.close())
      await second.caughtUp()
      assert.deepEqual(await second.messages({}, all), before)
      assert.equal(before.rows.length, 30)
      assert.equal((await second.messages({ patient: 'P7' }, all)).rows[0]?.raw_id, 'r07')
    })
  }

  it('goes on where it stopped and reads nothing twice', async t => {
    const { data, log, search } = await open(t)
    await log.createTopic(RAW)
    await log.append(RAW, 0, [rawRecord({ raw_id: 'a' }), rawRecord({ raw_id: 'b' })])
    await search.caughtUp()
    assert.equal((await search.progress()).records, 2)
    await search.close()
    await log.append(RAW, 0, [rawRecord({ raw_id: 'c' })])
    const again = openIn(data)
    atEnd(t, () => again.close())
    await again.caughtUp()
    assert.equal((await again.progress()).records, 1)
    assert.equal((await again.messages({}, all)).rows.length, 3)
  })

  it('holds no identifier in the clear', async t => {
    const { data, log, search } = await open(t)
    await log.createTopic(RAW)
    await log.append(RAW, 0, [rawRecord({ more: 'PID|1||CANARY4711^^^RIV||Canary^Name\r' })])
    await search.caughtUp()
    assert.equal((await search.messages({ patient: 'CANARY4711' }, all)).rows.length, 1)
    await search.close()
    const bytes = await readFile(join(data, 'search.db'))
    assert.ok(!bytes.includes('CANARY4711') && !bytes.includes('Canary'))
  })

  it('refuses questions in words once it is closed, and follows without being asked', async t => {
    const { log, search } = await open(t)
    await log.createTopic(RAW)
    await log.append(RAW, 0, [rawRecord({ raw_id: 'a' })])
    const isThere = async () => {
      const { trouble, records } = await search.progress()
      return trouble === undefined && records === 1
    }
    await until('it has read on by itself', isThere)
    await search.close()
    await assert.rejects(search.messages({}, all), { code: 'search_unavailable' })
  })
})
