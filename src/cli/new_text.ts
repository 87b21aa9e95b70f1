// What firth new tells a person of the samples that it looked at: counts and names, never what
// stands in a patient's fields.
import type { Counted, Survey } from '../operate/new_project_samples.ts'
import { plain } from './terminal.ts'

export function surveyText(survey: Survey): string {
  const { samples, unread, mapped, unmapped, feeds, versions, charsets, charset } = survey
  const files = new Set(samples.map(({ file }) => file)).size
  const rows: (readonly [string, string])[] = [
    ['messages', `${samples.length} in ${files} files`],
    ['types', listed(mapped)],
    ['not mapped', listed(unmapped)],
    ['feeds', listed(feeds)],
    ['versions', listed(versions)],
    ['MSH-18', listed(charsets, 'empty')],
    ['read as', charset === undefined ? '' : `${charset}, because the bytes say so`],
    ['no offset', survey.without_zone === 0 ? '' : `${survey.without_zone} of MSH-7`],
    ['authorities', survey.authorities.map(authority).join(', ')],
    ['own segments', survey.z_segments.map(({ name, count }) => `${name} (${count})`).join(', ')],
    ...survey.codes.map(
      ({ slot, codes }) => [`codes: ${slot}`, `${listed(codes)} without a target yet`] as const,
    ),
    ['not read', unread.map(({ file, why }) => `${file}: ${why}`).join(', ')],
  ]
  const said = rows.filter(([, text]) => text !== '')
  const width = Math.max(...said.map(([name]) => name.length)) + 2
  return `${said.map(([name, text]) => plain(`${name.padEnd(width)}${text}`)).join('\n')}\n`
}

const SHOWN_MAX = 12

function listed(counts: readonly Counted[], empty = 'none'): string {
  const shown = counts
    .slice(0, SHOWN_MAX)
    .map(({ name, count }) => `${name === '' ? empty : name} (${count})`)
  const more = counts.length - shown.length
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join(', ')
}

const authority = ({ name, count, uri }: Counted & { readonly uri: string | undefined }) =>
  `${name} (${count}, ${uri ?? 'no OID'})`
