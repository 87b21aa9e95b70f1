// The README of each room, in its own folder: what it is, its settings, an example that is checked,
// and for an adapter what it may write.
import type { GeneratedFile } from './docs.ts'
import { code, GENERATED, keyTable, table, yamlBlock } from './docs_markdown.ts'
import type { AnyAdapter, Room, Tables } from './room.ts'
import { closed } from './schema_documents.ts'
import { yamlText } from './yaml_text.ts'

/**
 * A table of rooms in words: where it lies, what one row is called, where its settings are written.
 */
interface Shelf {
  readonly folder: string
  readonly called: string
  /** Around the room's example. Undefined: nobody writes it, it is chosen by an adapter. */
  readonly frame: ((room: Room) => object) | undefined
}

const shelves: Readonly<Record<keyof Tables, Shelf>> = {
  sources: {
    folder: 'src/sources',
    called: 'a source',
    frame: room => ({ source: { [room.kind]: room.example } }),
  },
  transports: { folder: 'src/transports', called: 'a transport', frame: undefined },
  adapters: {
    folder: 'adapters',
    called: 'an adapter',
    frame: room => ({ targets: { chart: { [room.kind]: room.example } } }),
  },
  logs: {
    folder: 'src/logs',
    called: 'a log',
    frame: room => ({ log: { [room.kind]: room.example } }),
  },
  stores: {
    folder: 'src/stores',
    called: 'a store',
    frame: room => ({ store: { [room.kind]: room.example } }),
  },
}

export function roomReadmes(tables: Tables): readonly GeneratedFile[] {
  return Object.entries(shelves).flatMap(([name, shelf]) =>
    Object.values(tables[name as keyof Tables]).map(room => {
      const path = `${shelf.folder}/${room.kind}/README.md`
      return { path, text: roomReadme(room, shelf) }
    }),
  )
}

export function roomReadme(room: Room, { called, frame }: Shelf): string {
  const parts = [
    GENERATED(`the declaration in ${room.kind}.ts`),
    `# ${room.kind}, ${called}`,
    room.summary,
    '## Settings',
    keyTable(closed(room.fields)),
    ...(frame === undefined
      ? ['It is chosen by an adapter, which gives it these settings.']
      : ['## Example', yamlBlock(yamlText(frame(room)))]),
    ...(isAdapter(room) ? adapterParts(room) : []),
    ...(room.notes === undefined ? [] : [room.notes.trim()]),
  ]
  return `${parts.join('\n\n')}\n`
}

export const isAdapter = (room: Room): room is AnyAdapter => 'profile' in room

const repeats = {
  key: 'A repeated call is recognised by its key.',
  natural: 'A repeated call has the same effect as one.',
  none: 'A repeated call is done again, so it is never repeated blindly.',
} as const

const repeatsOf = ({ idempotency, keyed }: AnyAdapter): string =>
  keyed === undefined
    ? repeats[idempotency]
    : `Where the settings name a key: ${repeats[idempotency]} Else: ${repeats.none}`

function adapterParts(room: AnyAdapter): readonly string[] {
  const rows = room.profile.map(row => [
    code(row.resource),
    row.operations.join(', '),
    row.proof,
    `${row.source}, ${row.date}`,
  ])
  return [
    '## What it may write',
    table(['resource', 'operations', 'proof', 'source'], rows),
    'Anything else is denied before it is sent.',
    '## How it behaves',
    table(
      ['fact', 'value'],
      [
        ['carried by', code(room.transport)],
        ['repeating a call', repeatsOf(room)],
        ['a call may still take effect after', `${room.settle_ms} ms`],
        ['a read may still miss a write for', `${room.visible_ms} ms`],
      ],
    ),
  ]
}
