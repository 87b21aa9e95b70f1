// What firth.yaml says under `keep` must speak of something that is there: a tenant, or a topic
// that one of its channels or targets has.
import type { EngineFile } from '../declare/schema_documents.ts'
import { nearest } from '../kit/nearest.ts'
import { topicOf } from '../model/message.ts'
import type { ConfigFinding } from '../model/plan.ts'
import type { Checked } from './check.ts'
import { finding } from './finding.ts'
import type { Documents } from './references.ts'
import { tenantOf } from './rules.ts'

export function keepRules(
  settings: Checked<EngineFile>,
  documents: Documents,
): readonly ConfigFinding[] {
  if (!settings.sound(['keep'])) return []
  const known = namesIn(documents)
  return Object.keys(settings.value.keep ?? {}).flatMap(name => {
    if (known.has(name)) return []
    const near = nearest(name, [...known])
    const what = `No tenant and no topic of this project is named ${name}.`
    const remedy = near === undefined ? REMEDY : `Did you mean \`${near}\`?`
    const place = settings.locate(['keep', name], 'key')
    return [finding(place, { rule: 'keep_unknown', severity: 'warning', what, remedy })]
  })
}

const REMEDY = 'Name a tenant, or a topic as firth log topics lists it: raw.<tenant>.<channel>.'

function namesIn({ channels, tenants }: Documents): ReadonlySet<string> {
  const names = new Set<string>()
  for (const document of [...channels, ...tenants]) {
    const tenant = tenantOf(document)
    if (tenant === undefined) continue
    names.add(tenant)
    for (const topic of [topicOf.canonical, topicOf.dead, topicOf.audit]) names.add(topic(tenant))
    if ('stem' in document) names.add(topicOf.raw(tenant, document.value.channel))
    else {
      const targets = Object.keys(document.value.targets ?? {})
      for (const target of targets) names.add(topicOf.outbound(tenant, target))
    }
  }
  return names
}
