// What PID and PD1 say of a patient that FHIR R4 keeps in extensions, by the tables PID[Patient]
// and PD1[Patient]. Race and ethnicity (PID-10, PID-22) are the profiles' of US Core: decided
// here, and only for the codes that these profiles take.
import type { Segment, Value } from '#sdk'
import { concept } from '../datatypes/concept.ts'
import { type Json, some } from '../json.ts'
import type { Scope } from '../scope.ts'

const CORE = 'http://hl7.org/fhir/StructureDefinition'
const US_CORE = 'http://hl7.org/fhir/us/core/StructureDefinition'

export function patientExtensions(
  pid: Segment,
  pd1: Segment | undefined,
  scope: Scope,
): readonly Json[] {
  return some([
    text('patient-mothersMaidenName', maidenName(pid.field(6))),
    coded('patient-religion', pid.field(17), scope),
    birthPlace(pid.text(23)),
    ...pid.repetitions(26).map(value => nested('patient-citizenship', value, scope)),
    nested('patient-nationality', pid.field(28), scope),
    animal(pid, scope),
    ...pid.repetitions(39).map(value => nested('patient-citizenship', value, scope)),
    censusCodes('us-core-race', pid.repetitions(10)),
    censusCodes('us-core-ethnicity', pid.repetitions(22)),
    pd1 && coded('patient-disability', pd1.field(6), scope),
    pd1 && text('patient-congregation', pd1.text(14, 1) ?? pd1.text(14, 10)),
  ])
}

function text(name: string, valueString: string | undefined): Json | undefined {
  return valueString === undefined ? undefined : { url: `${CORE}/${name}`, valueString }
}

function coded(name: string, value: Value, scope: Scope): Json | undefined {
  const valueCodeableConcept = value.valued ? concept(value, scope) : undefined
  return valueCodeableConcept && { url: `${CORE}/${name}`, valueCodeableConcept }
}

function nested(name: string, value: Value, scope: Scope): Json | undefined {
  const inner = value.valued ? concept(value, scope) : undefined
  return (
    inner && {
      url: `${CORE}/${name}`,
      extension: [{ url: 'code', valueCodeableConcept: inner }],
    }
  )
}

/** XPN[string]: given names, then the family. */
function maidenName(value: Value): string | undefined {
  if (!value.valued) return undefined
  const words = some([value.text(2), value.text(3), value.part(1).text(1)])
  return words.length === 0 ? undefined : words.join(' ')
}

function birthPlace(place: string | undefined): Json | undefined {
  return place === undefined
    ? undefined
    : { url: `${CORE}/patient-birthPlace`, valueAddress: { text: place } }
}

/** PID-35 and PID-36; the extension requires a species. */
function animal(pid: Segment, scope: Scope): Json | undefined {
  const species = pid.field(35).valued ? concept(pid.field(35), scope) : undefined
  if (species === undefined) return undefined
  const breed = pid.field(36).valued ? concept(pid.field(36), scope) : undefined
  return {
    url: `${CORE}/patient-animal`,
    extension: some([
      { url: 'species', valueCodeableConcept: species },
      breed && { url: 'breed', valueCodeableConcept: breed },
    ]),
  }
}

/** CDC race and ethnicity codes: four digits, a hyphen, a check digit. */
function censusCodes(name: string, values: readonly Value[]): Json | undefined {
  const codings = values.flatMap(value => {
    const code = value.text(1)?.trim() ?? ''
    if (!/^[12]\d{3}-\d$/.test(code)) return []
    const display = value.text(2)
    return [{ code, ...(display === undefined ? {} : { display }) }]
  })
  if (codings.length === 0) return undefined
  return {
    url: `${US_CORE}/${name}`,
    extension: [
      ...codings.map(({ code, display }) => ({
        url: categories.has(code) ? 'ombCategory' : 'detailed',
        valueCoding: {
          system: 'urn:oid:2.16.840.1.113883.6.238',
          code,
          ...(display === undefined ? {} : { display }),
        },
      })),
      { url: 'text', valueString: codings.map(one => one.display ?? one.code).join(', ') },
    ],
  }
}

const categories = new Set([
  ...['1002-5', '2028-9', '2054-5', '2076-8', '2106-3'],
  ...['2135-2', '2186-5'],
])
