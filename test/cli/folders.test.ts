// Where a command works: relative to where it was called, the data folder in the project unless
// told.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { World } from '../../src/cli/command.ts'
import { foldersOf } from '../../src/cli/folders.ts'
import { logTopics } from '../../src/cli/log.ts'
import { parse } from '../../src/cli/parse.ts'

const where = (...words: string[]) => foldersOf(parse(logTopics, words), { cwd: '/srv' } as World)

describe('the folders of a command', () => {
  it('are the current one and data in it', () => {
    assert.deepEqual(where(), { project: '/srv', data: '/srv/data' })
  })

  it('follow the project', () => {
    assert.deepEqual(where('--project', 'harbor'), {
      project: '/srv/harbor',
      data: '/srv/harbor/data',
    })
  })

  it('take --data from where the command was called, not from the project', () => {
    assert.deepEqual(where('--project', 'harbor', '--data', 'logs'), {
      project: '/srv/harbor',
      data: '/srv/logs',
    })
    assert.equal(where('--data', '/var/lib/firth').data, '/var/lib/firth')
  })
})
