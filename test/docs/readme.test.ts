// What the README says of the whole holds: its table names every command there is, in the words of
// the command itself, and its links lead somewhere.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { groups } from '../../src/cli/index.ts'

const root = join(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

test('the table of commands is the one that the command line has', () => {
  const rows = groups.flatMap(({ title, commands }) =>
    commands.map(({ name, summary }, i) => {
      const group = i === 0 ? ` **${title}**` : ''
      return `|${group} | \`${name}\` | ${summary} |`
    }),
  )
  const [, table = ''] = /## All commands\n[\s\S]*?\n(\| \*\*[\s\S]*?)\n\n/.exec(readme) ?? []
  assert.deepEqual(table.split('\n'), rows, `the table should be:\n${rows.join('\n')}`)
})

test('every link leads to a file or a heading that is there', () => {
  const headings = [...readme.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
  const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, to = '']) => to)
  assert.ok(links.length > 20)
  for (const link of links.filter(one => !one.startsWith('http'))) {
    const [file = '', anchor] = link.split('#')
    if (file !== '') assert.ok(existsSync(join(root, file)), link)
    else assert.ok(headings.includes(anchor ?? ''), link)
  }
})
