// What is to be said of a path into FHIR resources that an analyst wrote: elements that FHIR R4
// does not have, and values asked of what holds no value itself. Such a path would never hold, or
// hold for too much, in silence.
import { elementAt } from '../codecs/fhir/elements.ts'
import type { Remark } from './finding.ts'

/** `path`: `Encounter.class.code`. `isCompared`: with a value, not asked whether it is there. */
export function elementRemark(path: string, isCompared: boolean): Remark | undefined {
  const steps = path.split('.')
  const found = elementAt(steps)
  if (found.is === 'unknown') return unknown(path, found)
  if (found.is === 'whole' && isCompared) {
    const what = `\`${path}\` is no value: it has elements below it, and every one of them would be looked at.`
    const remedy = `Name the element that is meant, such as \`${path}.${found.value}\`.`
    return { rule: 'element_whole', severity: 'warning', what, remedy }
  }
  return elementAt(steps.slice(0, 1)).is === 'unchecked' ? unchecked(steps[0] ?? '') : undefined
}

function unknown(
  path: string,
  { name, meant }: { name: string; meant: string | undefined },
): Remark {
  const what = `FHIR R4 has no element \`${name}\` in \`${path}\`.`
  const page = `https://hl7.org/fhir/R4/${(path.split('.')[0] ?? '').toLowerCase()}.html lists what there is.`
  const remedy = meant === undefined ? page : `Did you mean \`${meant}\`?`
  return { rule: 'element_unknown', what, remedy }
}

/** The base makes no such resource, so its elements stand in no table. */
function unchecked(type: string): Remark {
  const what = `The base mappings make no ${type}, so its elements are not checked.`
  const remedy =
    'See that the path is right; firth test shows what the mapping of the tenant makes.'
  return { rule: 'element_unchecked', severity: 'warning', what, remedy }
}
