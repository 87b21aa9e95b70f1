// Which files of a folder are messages: NAME.hl7, and NAME.xml where it is HL7 v2.xml. Both would
// become NAME.json; where both stand, the .hl7 is taken and the other one is named, so that no
// output depends on an order.
import { join } from 'node:path'
import { isHl7Xml } from '../codecs/hl7v2/xml_head.ts'
import { filesBelow, readBytes } from '../kit/files.ts'

export interface MessageFolder {
  /** From the folder, sorted. */
  readonly names: readonly string[]
  /** XML messages that are not taken because a .hl7 of the same name stands beside them. */
  readonly beside: readonly string[]
  /** How many files are no messages by their name or content. */
  readonly others: number
}

/** `folder`: absolute. */
export async function messageFolder(folder: string): Promise<MessageFolder> {
  const files = await filesBelow(folder)
  const plain = new Set(files.filter(name => name.endsWith('.hl7')))
  const documents: string[] = []
  for (const name of files.filter(one => one.endsWith('.xml'))) {
    const bytes = await readBytes(join(folder, name))
    if (bytes !== undefined && isHl7Xml(bytes)) documents.push(name)
  }
  const isBeside = (name: string) => plain.has(name.replace(/\.xml$/, '.hl7'))
  const beside = documents.filter(isBeside)
  const names = [...plain, ...documents.filter(name => !isBeside(name))].sort()
  return { names, beside, others: files.length - names.length - beside.length }
}

/** NAME.json for NAME.hl7 or NAME.xml. */
export const outputName = (name: string) => `${name.slice(0, -'.hl7'.length)}.json`
