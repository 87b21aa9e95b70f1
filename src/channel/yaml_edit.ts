// Changes of single values in a YAML file that people write: everything else, comments and order
// among it, stays as it stands.
import { isCollection, isMap, isScalar, parseDocument } from 'yaml'
import type { Path } from '../declare/schema_path.ts'

export interface YamlEdit {
  readonly path: Path
  /** Undefined removes the key. */
  readonly value: unknown
}

/** Text that parses; the edits' paths lead into what is there, their last key may be new. */
export function editYaml(text: string, edits: readonly YamlEdit[]): string {
  const document = parseDocument(text)
  for (const { path, value } of edits) {
    const keys = path.map(key => (/^\d+$/.test(key) ? Number(key) : key))
    if (value === undefined) {
      if (document.hasIn(keys)) document.deleteIn(keys)
      continue
    }
    const node = document.createNode(value)
    flatten(node)
    const before = document.getIn(keys, true)
    if (isScalar(before) && isScalar(node)) {
      if (before.comment != null) node.comment = before.comment
      if (before.commentBefore != null) node.commentBefore = before.commentBefore
    }
    document.setIn(keys, node)
  }
  return document.toString({ lineWidth: 0, indentSeq: !/^tests:\n-/m.test(text) })
}

/** A short group of single values as an item of a list stands on one line; paths want their own. */
function flatten(node: unknown): void {
  if (!isCollection(node)) return
  for (const item of node.items) {
    const value = isMap(node) ? (item as { value: unknown }).value : item
    flatten(value)
    if (isMap(node) || !isMap(value) || value.items.length > FLAT_MAX) continue
    value.flow = value.items.every(({ key, value }) => {
      return isScalar(value) && isScalar(key) && /^[a-z_]+$/.test(String(key.value))
    })
  }
}

const FLAT_MAX = 8
