// Small values as YAML, for examples in docs and remedies: block style outside, flow style for lists.
// Whatever is not plainly text is written as JSON, which is YAML too.

/** Lines of a group of keys, each ended by a newline. */
export function yamlText(value: object, indent = ''): string {
  return Object.entries(value)
    .map(([key, held]) => `${indent}${plain(key)}:${below(held, indent)}`)
    .join('')
}

function below(value: unknown, indent: string): string {
  const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (isGroup && Object.keys(value).length > 0) return `\n${yamlText(value, `${indent}  `)}`
  return ` ${leaf(value)}\n`
}

function leaf(value: unknown): string {
  if (typeof value === 'string') return plain(value)
  return Array.isArray(value) ? `[${value.map(leaf).join(', ')}]` : JSON.stringify(value)
}

/** Text that no reader takes for something else may stand without quotes. */
function plain(text: string): string {
  const safe = /^[A-Za-z/][A-Za-z0-9_./^:-]*$/.test(text) && !text.endsWith(':')
  return safe && !/^(true|false|null|yes|no|on|off)$/i.test(text) ? text : JSON.stringify(text)
}
