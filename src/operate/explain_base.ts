// Topics of the base mappings: steps, code slots, fields of messages and resources, as far as the
// base itself tells.
import type { BaseFacts, SlotFacts } from '../channel/base_facts.ts'
import type { Topic } from './explain.ts'

export function baseTopics({ steps, slots }: BaseFacts): readonly Topic[] {
  return [
    { name: 'steps', sort: 'steps of the base mappings', lines: steps.map(({ name }) => name) },
    { name: 'slots', sort: 'code slots of the base mappings', lines: slots.map(slotLine) },
    ...steps.map(stepTopic),
    ...slots.map(slotTopic),
  ]
}

function stepTopic({ name, resource }: BaseFacts['steps'][number]): Topic {
  const what =
    resource === undefined
      ? 'Runs last, with the whole event: its kind, times, patient, visit and resources.'
      : `Runs for each ${resource} that the base makes, with a draft of it to change.`
  const example = ['  export default adt.extend({', `    ${name}(${name}, message, at) {`]
  return {
    name,
    sort: 'step of the base mappings',
    lines: [what, 'In a module of the tenant:', ...example, '      …', '    },', '  })'],
  }
}

const slotLine = ({ name, about }: SlotFacts) => `${name}: ${about}`
const CODES_SHOWN_MAX = 40

function slotTopic({ name, about, codes, values }: SlotFacts): Topic {
  const shown = codes.slice(0, CODES_SHOWN_MAX).map(([code, target]) => `${code} → ${target}`)
  const more = codes.length > shown.length ? ` and ${codes.length - shown.length} more` : ''
  return {
    name,
    sort: 'code slot of the base mappings',
    lines: [
      about,
      `The official map: ${shown.join(', ')}${more}.`,
      ...(values === undefined ? [] : [`It may take: ${values.join(', ')}.`]),
      'A code of your own, in a CSV with the columns code,target[,system][,display][,comment]:',
      `  codes: { ${name}: codes('./${snake(name)}.csv') }`,
    ],
  }
}

const snake = (name: string) => name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

const SEE = 'What becomes of it in a message of yours: firth map --explain FILE'

export interface FieldPlace {
  readonly name: string
  readonly segment: string
  readonly field: number
  /** By HL7; undefined where it is not known. */
  readonly called: string | undefined
}

export function fieldTopic(place: FieldPlace, { slots }: BaseFacts): Topic {
  const { name, segment, field, called } = place
  const here = new RegExp(`\\b${segment}-${field}\\b`)
  const tables = slots.filter(({ about }) => here.test(about)).map(slotLine)
  return {
    name,
    sort: 'place of a message',
    lines: [
      called === undefined
        ? `${segment}-${field} has no name here.`
        : `${segment}-${field}: ${called}.`,
      ...(tables.length === 0
        ? []
        : ['Its codes go through the slot', ...tables.map(one => `  ${one}`)]),
      `In a condition: accept: { when: ${name} exists }. In a step: message.text('${name}').`,
      SEE,
    ],
  }
}

export function resourceTopic(name: string, type: string, { steps }: BaseFacts): Topic {
  const step = steps.find(one => one.resource === type)
  const made =
    step === undefined
      ? `The base mappings make no ${type}; a tenant's step \`event\` may add one.`
      : `The base mappings make it; the step \`${step.name}\` may change it.`
  const asks = name.includes('.') ? [`In a route: when: ${name} exists`] : []
  return { name, sort: 'FHIR R4 resource', lines: [made, ...asks, SEE] }
}
