// The SQLite store: the contract on a file and in memory, and what is its own: one commit for calls
// made together, crashes, a full disk, a file of a newer version.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { silentSignals } from '../../../src/model/signals.ts'
import type { Store } from '../../../src/model/store.ts'
import { sqlite } from '../../../src/stores/sqlite/sqlite.ts'
import { storeContract } from '../../contract/store.contract.ts'
import { admission, at, claiming, intent } from '../../contract/store_samples.ts'
import { requirePart } from '../../peers/require.ts'

const openIn = (data: string): Promise<Store> =>
  sqlite.open({ file: 'state.db' }, { data, signals: silentSignals })

async function withFolder<T>(run: (data: string) => Promise<T>): Promise<T> {
  const data = await mkdtemp(join(tmpdir(), 'firth_store_'))
  try {
    return await run(data)
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

storeContract('sqlite, a file', async () => {
  const data = await mkdtemp(join(tmpdir(), 'firth_store_'))
  const open = () => openIn(data)
  return { open, reopen: open, cleanup: () => rm(data, { recursive: true, force: true }) }
})

storeContract('sqlite, :memory:', async () => ({
  open: () => sqlite.open({ file: ':memory:' }, { data: '/nowhere', signals: silentSignals }),
  reopen: undefined,
  cleanup: async () => {},
}))

describe('sqlite store', () => {
  it('refuses a claim of an owner that has been replaced', () =>
    withFolder(async data => {
      const old = await openIn(data)
      await old.admit([admission(intent())], 1)
      const owner = await openIn(data)
      await assert.rejects(old.claim(at, claiming), { code: 'data_in_use' })
      assert.equal((await owner.claim(at, claiming)).length, 1)
      await old.close()
      await owner.close()
    }))

  it('refuses a file that a newer version wrote, in words', () =>
    withFolder(async data => {
      const db = new DatabaseSync(join(data, 'state.db'))
      db.exec('PRAGMA user_version = 999')
      db.close()
      await assert.rejects(openIn(data), { code: 'store_newer' })
    }))

  it('refuses a file that is no database', () =>
    withFolder(async data => {
      const { writeFile } = await import('node:fs/promises')
      await writeFile(join(data, 'state.db'), 'not a database '.repeat(1_000))
      await assert.rejects(openIn(data), { code: 'store_corrupt' })
    }))

  it('refuses a folder that does not exist', async () => {
    await assert.rejects(openIn('/nowhere/at/all'), { code: 'store_io_error' })
  })

  it('can be read by any SQLite tool beside it', () =>
    withFolder(async data => {
      const store = await openIn(data)
      await store.admit([admission(intent())], 1)
      const tool = new DatabaseSync(join(data, 'state.db'), { readOnly: true })
      assert.equal(tool.prepare('SELECT count(*) AS n FROM ledger').get()?.n, 1)
      tool.close()
      await store.close()
    }))

  it('keeps every move that it confirmed when the process is killed at any moment', async () => {
    for (let round = 0; round < 4; round++) {
      await withFolder(async data => {
        const confirmed = await moveRowsUntilKilled(data, 40 + round * 60)
        const store = await openIn(data)
        for (const [intent_id, moves] of confirmed) {
          const history = await store.history(intent_id)
          assert.ok(history.length >= moves, 'a confirmed move is missing')
          assert.equal((await store.row(intent_id))?.state, history.at(-1)?.to)
        }
        const counts = await store.counts()
        const rows = counts.reduce((sum, row) => sum + row.count, 0)
        assert.ok(rows >= confirmed.size && confirmed.size > 0)
        await store.close()
      })
    }
  })
})

const tmpfs = requirePart('tmpfs', canMount(), 'run as root where file systems may be mounted')

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], {
      stdio: 'ignore',
    })
    return true
  } catch {
    // Not root, or a machine that forbids it: the reason to skip says so.
    return false
  }
}

describe('sqlite store on a small disk', { skip: tmpfs }, () => {
  it('refuses in words while the disk is full, keeps what it confirmed, and goes on by itself', () =>
    withFolder(async data => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', data])
      try {
        const store = await openIn(data)
        const confirmed: string[] = []
        let refused: unknown
        for (let n = 0; n < 200 && refused === undefined; n++) {
          const name = `cursor${n}`
          await store.setCursor(name, 'x'.repeat(50_000)).then(
            () => confirmed.push(name),
            cause => {
              refused = cause
            },
          )
        }
        assert.equal((refused as { code?: unknown }).code, 'store_disk_full')
        assert.match(store.trouble ?? '', /no room/)
        assert.ok(confirmed.length > 0)
        for (const name of confirmed) assert.equal((await store.getCursor(name))?.length, 50_000)
        execFileSync('mount', ['-o', 'remount,size=20m', data])
        await store.setCursor('after', 'x'.repeat(50_000))
        assert.equal(store.trouble, undefined)
        await store.close()
        const again = await openIn(data)
        for (const name of [...confirmed, 'after']) {
          assert.equal((await again.getCursor(name))?.length, 50_000)
        }
        await again.close()
      } finally {
        execFileSync('umount', ['-l', data])
      }
    }))
})

/** Runs the mover, kills it after so many confirmed moves, and says which stood how far. */
async function moveRowsUntilKilled(data: string, kill_after: number): Promise<Map<string, number>> {
  const mover = new URL('./mover.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [mover, data], { stdio: ['ignore', 'pipe', 'inherit'] })
  const confirmed = new Map<string, number>()
  let rest = ''
  let total = 0
  for await (const chunk of child.stdout) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [intent_id = '', moves] = line.split(' ')
      confirmed.set(intent_id, Number(moves))
      total += 1
    }
    if (total >= kill_after) child.kill('SIGKILL')
  }
  return confirmed
}
