// Intents for whole events, made as station 5 makes them, of synthetic messages.

import type { MessageSettings } from '../../../../src/codecs/hl7v2/outbound/message.ts'
import { readMessage } from '../../../../src/codecs/hl7v2/read.ts'
import type { CanonicalEvent } from '../../../../src/model/event.ts'
import type { WriteIntent } from '../../../../src/model/intent.ts'
import type { Takes } from '../../../../src/model/plan.ts'
import { route } from '../../../../src/path/5_route.ts'
import { routePlan } from '../../../path/toy.ts'
import { canonical, mapped } from '../../../transforms/base/mapped.ts'

export const settings: MessageSettings = {
  message: 'build',
  charset: 'utf-8',
  assigning_authorities: { HARBOR: 'urn:oid:1.2.840.99.1' },
  set: {},
  remove: [],
}

export function intentOf(
  event: CanonicalEvent,
  takes: Takes,
  message: Buffer = Buffer.from(''),
): WriteIntent {
  const targets = [{ name: 'lab', takes }]
  const routes = [routePlan({ name: 'lab', to: 'lab' })]
  const at = { key: 'k', offset: 7, headers: {}, message }
  const [intent] = route(event, { match: 'all', routes, targets }, at).intents
  if (intent === undefined) throw new Error('the event makes no intent')
  return intent
}

/** Events of a message by the base mapping, with the type that the message has. */
export function eventsOf(raw: Buffer): readonly CanonicalEvent[] {
  const message = readMessage(raw)
  const message_type = [message.text('MSH-9.1'), message.text('MSH-9.2')].join('^')
  return mapped(raw).events.map((made, i) => {
    const event = canonical(made)
    return { ...event, id: `event${i}`, source: { ...event.source, message_type } }
  })
}

export const linesOf = (bytes: Uint8Array): readonly string[] =>
  Buffer.from(bytes)
    .toString('utf8')
    .split('\r')
    .filter(line => line !== '')
