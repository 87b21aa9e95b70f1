// Topics of the catalogues: rules of check, error codes, outcomes, states, kinds of event, classes
// of risk, rooms, and the grammar of conditions.
import { outcomeWords } from '../declare/docs_model.ts'
import { isAdapter } from '../declare/docs_rooms.ts'
import { whenParts } from '../declare/docs_when.ts'
import type { AnyAdapter, Room, Tables } from '../declare/room.ts'
import { yamlText } from '../declare/yaml_text.ts'
import { catalogue } from '../model/errors.ts'
import { kinds } from '../model/event.ts'
import { type FindingRule, findingRules } from '../model/finding_rules.ts'
import { kindsByType } from '../model/kinds_of_types.ts'
import { remarks } from '../model/remarks.ts'
import { risks } from '../model/risk.ts'
import { type IntentState, moves, shown } from '../model/state.ts'
import type { Topic } from './explain.ts'
import { indented } from './explain_keys.ts'
import { releases } from './people_words.ts'

export function catalogueTopics(tables: Tables): readonly Topic[] {
  return [
    {
      name: 'when',
      sort: 'a condition: accept.when, routes.when',
      lines: whenParts().join('\n\n').split('\n'),
    },
    ...ruleTopics(),
    ...codeTopics(),
    ...remarkTopics(),
    ...Object.entries(outcomeWords).map(([name, says]) => {
      return { name, sort: 'outcome of a call', lines: [says] }
    }),
    movesTopic(),
    ...stateTopics(),
    ...kindTopics(),
    ...Object.entries(risks).map(([name, says]) => {
      return { name, sort: 'class of risk in a policy', lines: [says] }
    }),
    ...roomTopics(tables),
  ]
}

function ruleTopics(): readonly Topic[] {
  const rules: readonly (readonly [string, FindingRule])[] = Object.entries(findingRules)
  return rules.map(([name, { severity, says, example, remedy }]) => ({
    name,
    sort: `${severity} of firth check`,
    lines: [says, 'For example:', ...indented(example), remedy],
  }))
}

function codeTopics(): readonly Topic[] {
  return Object.entries(catalogue).map(([name, { message, outcome, ack, hint }]) => ({
    name,
    sort: 'error code',
    lines: [message, hint, `Outcome: ${outcome}. A sender is answered ${ack}.`],
  }))
}

/** A name that is an error code too is told once, as that. */
function remarkTopics(): readonly Topic[] {
  return Object.entries(remarks)
    .filter(([name]) => !Object.hasOwn(catalogue, name))
    .map(([name, lines]) => ({ name, sort: 'remark on a message that goes on', lines }))
}

/** The whole table of moves, and where each word of a person leads. */
function movesTopic(): Topic {
  const states = Object.entries(moves).map(
    ([from, to]) => `${from}: ${to.length === 0 ? 'an end' : to.join(', ')}`,
  )
  const words = Object.entries(releases).map(([word, ways]) => {
    const leads = Object.entries(ways).map(([from, to]) => `${from} to ${to}`)
    return `--${word.replace('_', '-')}: ${leads.join(', ')}`
  })
  const lines = [
    ...states,
    '',
    'What a person may say with firth release:',
    ...indented(words.join('\n')),
  ]
  return { name: 'moves', sort: 'legal moves of a write, from each state', lines }
}

function stateTopics(): readonly Topic[] {
  return Object.entries(moves).map(([name, to]) => ({
    name,
    sort: 'state of a write',
    lines: [
      `A person sees: ${shown(name as IntentState)}.`,
      to.length === 0 ? 'It is an end.' : `It may move to: ${to.join(', ')}.`,
    ],
  }))
}

function kindTopics(): readonly Topic[] {
  const list = { name: 'event', sort: 'kinds of event', lines: [...kinds] }
  const each = kinds.map(kind => {
    const types = Object.entries(kindsByType).flatMap(([type, made]) =>
      made.includes(kind) ? [type] : [],
    )
    const from = types.length === 0 ? 'no type of message yet' : types.join(', ')
    const lines = [`The base mappings make it of: ${from}.`, `In a route: when: event = ${kind}`]
    return { name: kind, sort: 'kind of event', lines }
  })
  return [list, ...each]
}

const SHELVES: Readonly<Record<keyof Tables, readonly [sort: string, frame: string | undefined]>> =
  {
    sources: ['source', 'source'],
    transports: ['transport', undefined],
    adapters: ['adapter', 'targets'],
    logs: ['log', 'log'],
    stores: ['store', 'store'],
  }

function roomTopics(tables: Tables): readonly Topic[] {
  return Object.entries(SHELVES).flatMap(([shelf, [sort, frame]]) =>
    Object.values(tables[shelf as keyof Tables] as Readonly<Record<string, Room>>).map(room => ({
      name: room.kind,
      sort,
      lines: [
        room.summary,
        `Settings: ${Object.keys(room.fields).join(', ') || 'none'}.`,
        ...(isAdapter(room) ? writesOf(room) : []),
        ...(frame === undefined ? [] : ['Example:', ...indented(exampleOf(room, frame))]),
      ],
    })),
  )
}

function writesOf({ profile }: AnyAdapter): readonly string[] {
  const rows = profile.map(row => `  ${row.resource}: ${row.operations.join(', ')}`)
  return ['It writes:', ...rows, 'Anything else is denied before it is sent.']
}

function exampleOf({ kind, example }: Room, frame: string): string {
  const held = { [kind]: example }
  return yamlText(frame === 'targets' ? { targets: { chart: held } } : { [frame]: held })
}
