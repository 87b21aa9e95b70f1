// AL1 and IAM as AllergyIntolerance, by the tables AL1[AllergyIntolerance] and
// IAM[AllergyIntolerance]. Decided here, where the table asks what the sender means by severity: it
// is the reaction's where a reaction is named, else the criticality of the allergy.
import type { Resource, Segment, Value } from '#sdk'
import { allergyCategory, allergyCriticality, allergySeverity, allergyType } from '../codes.ts'
import { concept, mapped } from '../datatypes/concept.ts'
import { businessId, ei } from '../datatypes/identifier.ts'
import { xpn } from '../datatypes/person.ts'
import { compact, type Json, some } from '../json.ts'
import type { Parties, Referrer } from '../parties.ts'
import { referenceTo, type Scope } from '../scope.ts'

const TERMS = 'http://terminology.hl7.org/CodeSystem'

export function allergy(segment: Segment, patient: Resource, parties: Parties): Resource {
  const { scope } = parties
  const within = parties.referrer()
  const isIam = segment.name === 'IAM'
  const identifier = isIam ? ei(segment.field(7), scope) : undefined
  const removed = isIam && segment.text(6, 1) === 'D'
  const name = codeOf(segment, isIam, scope)
  const id = businessId(identifier) ?? [patient.id, segment.text(2) ?? '', segment.text(3) ?? '']
  return scope.make('allergyIntolerance', {
    id: scope.idOf('AllergyIntolerance', id),
    from: [segment],
    elements: {
      contained: within.contained,
      identifier: some([identifier]),
      clinicalStatus: removed ? undefined : clinicalStatus(segment, isIam),
      verificationStatus: removed ? retracted : undefined,
      type: mapped(segment.field(2), allergyType, scope),
      category: some([mapped(segment.field(2), allergyCategory, scope)]),
      code: name,
      patient: referenceTo(patient),
      ...onset(segment, isIam, scope),
      ...(isIam ? reported(segment, { patient, within }) : {}),
      ...severity(segment, scope),
    },
  })
}

const retracted: Json = {
  coding: [{ system: `${TERMS}/allergyintolerance-verification`, code: 'entered-in-error' }],
}

/** IAM-17 in the words of FHIR; the others are those of the site. */
function clinicalStatus(segment: Segment, isIam: boolean): Json {
  const said = isIam ? segment.text(17, 1)?.toLowerCase() : undefined
  const code = said === 'inactive' || said === 'resolved' ? said : 'active'
  return { coding: [{ system: `${TERMS}/allergyintolerance-clinical`, code }] }
}

/** IAM-27 says it in the clinician's words, beside IAM-3. */
function codeOf(segment: Segment, isIam: boolean, scope: Scope): Json | undefined {
  const code = segment.field(3).valued ? concept(segment.field(3), scope) : undefined
  const other = isIam && segment.field(27).valued ? concept(segment.field(27), scope) : undefined
  if (code === undefined || other === undefined) return code ?? other
  const codings = [code, other].flatMap(one => (one.coding as readonly Json[] | undefined) ?? [])
  return compact({ coding: codings, text: code.text ?? other.text })
}

function onset(segment: Segment, isIam: boolean, scope: Scope): Json {
  const time: Value = segment.field(isIam ? 11 : 6)
  if (time.valued) return { onsetDateTime: scope.time(time) }
  return isIam ? { onsetString: segment.text(12) } : {}
}

/** IAM-13 to IAM-15: when, and by whom. */
function reported(
  segment: Segment,
  { patient, within }: { patient: Resource; within: Referrer },
): Json {
  const { scope } = within
  const by = segment.field(14).valued ? xpn(segment.field(14), scope) : undefined
  const relation = segment.text(15, 1)
  const recorded = segment.field(13)
  return {
    recordedDate: recorded.valued ? scope.time(recorded) : undefined,
    recorder: by && recorder({ by, relation, segment }, { patient, within }),
  }
}

function recorder(
  { by, relation, segment }: { by: Json; relation: string | undefined; segment: Segment },
  { patient, within }: { patient: Resource; within: Referrer },
): Json | undefined {
  if (relation === 'SEL') return referenceTo(patient)
  const relative = relation !== undefined
  return within.to({
    step: relative ? 'relatedPerson' : 'practitioner',
    from: segment,
    id: undefined,
    elements: () => ({
      name: [by],
      ...(relative
        ? {
            patient: referenceTo(patient),
            relationship: some([concept(segment.field(15), within.scope)]),
          }
        : {}),
    }),
  })
}

function severity(segment: Segment, scope: Scope): Json {
  const manifestation = some(
    segment.repetitions(5).map(value => {
      const text = value.text(2) ?? value.text(1)
      return text === undefined ? undefined : { text }
    }),
  )
  const value = segment.field(4)
  if (manifestation.length === 0) return { criticality: mapped(value, allergyCriticality, scope) }
  return { reaction: [compact({ manifestation, severity: mapped(value, allergySeverity, scope) })] }
}
