// Small values as YAML, for examples in docs and remedies: block style for groups, flow style for
// lists of single values. Whatever is not plainly text is written as JSON, which is YAML too.

/** Lines of a group of keys, each ended by a newline. */
export function yamlText(value: object, indent = ''): string {
  return Object.entries(value)
    .map(([key, held]) => `${indent}${plain(key)}:${below(held, indent)}`)
    .join('')
}

function below(value: unknown, indent: string): string {
  if (isGroup(value)) return `\n${yamlText(value, `${indent}  `)}`
  if (Array.isArray(value) && value.length > 0 && value.every(isGroup)) {
    return `\n${value.map(item => listItem(item, indent)).join('')}`
  }
  return ` ${leaf(value)}\n`
}

/** The first key stands behind the dash, the others below it. */
function listItem(item: object, indent: string): string {
  const inner = `${indent}    `
  return `${indent}  - ${yamlText(item, inner).slice(inner.length)}`
}

const isGroup = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length > 0

function leaf(value: unknown): string {
  if (typeof value === 'string') return plain(value)
  return Array.isArray(value) ? `[${value.map(leaf).join(', ')}]` : JSON.stringify(value)
}

/** Text that no reader takes for something else may stand without quotes. */
function plain(text: string): string {
  const safe = /^[A-Za-z/]([A-Za-z0-9_./^: -]*[A-Za-z0-9_./^-])?$/.test(text)
  const mistakable = /: |^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
  return safe && !mistakable ? text : JSON.stringify(text)
}
