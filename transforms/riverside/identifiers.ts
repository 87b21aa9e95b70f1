// Which identifiers of a person leave Riverside, for all of its mappings.
import type { fhir, Loose, Message } from '#sdk'

type Identifier = Loose<fhir.Identifier>

const SSN = 'http://hl7.org/fhir/sid/us-ssn'

/** Social security numbers stay in the house. */
export function known(identifiers: readonly Identifier[]): Identifier[] {
  return identifiers.filter(
    ({ system, type }) => system !== SSN && !type?.coding?.some(({ code }) => code === 'SS'),
  )
}

/** ZPI-4. */
export function visitorBadge(message: Message): Identifier | undefined {
  const value = message.text('ZPI-4')
  return value === undefined ? undefined : { system: 'urn:riverside:badge', value }
}
