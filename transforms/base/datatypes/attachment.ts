// Documents inside a message and pointers to documents outside of it: ED and RP, by the tables
// ED[Attachment] and RP[Attachment]. HL7 v2.5.1 chapters 2.A.24 and 2.A.65.
import { own, type Value } from '#sdk'
import type { Json, Scope } from '../scope.ts'

/** ED; undefined and a finding where its data cannot be read in the encoding that it names. */
export function ed(value: Value, scope: Scope): Json | undefined {
  const data = inBase64(value.text(4), value.text(5))
  if (data === undefined) {
    scope.report('attachment_unreadable', value.place, 'The document is not in its encoding.')
    return undefined
  }
  return { contentType: contentType(value.text(2), value.text(3)), data }
}

/** RP; undefined where its pointer is no URL, for that leads nowhere outside its own system. */
export function rp(value: Value): Json | undefined {
  const pointer = value.text(1)?.trim() ?? ''
  if (!/^(https?|ftps?|file|urn|cid):\S+$/i.test(pointer)) return undefined
  return { contentType: contentType(value.text(3), value.text(4)), url: pointer }
}

/** HL70299: A is text as it stands, Hex two digits a byte. */
function inBase64(encoding: string | undefined, data: string | undefined): string | undefined {
  if (data === undefined) return undefined
  const packed = data.replaceAll(/\s+/g, '')
  switch ((encoding ?? 'A').toUpperCase()) {
    case 'BASE64':
      return isBase64(packed) ? packed : undefined
    case 'HEX':
      return isHex(packed) ? btoa(fromHex(packed)) : undefined
    case 'A':
      return btoa(utf8(data))
    default:
      return undefined
  }
}

/** By characters: a pattern over megabytes of document costs stack and time. */
function isBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false
  const end = text.endsWith('==') ? text.length - 2 : text.length - Number(text.endsWith('='))
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i)
    const isLetter = (code | 32) >= 97 && (code | 32) <= 122
    if (!isLetter && !(code >= 47 && code <= 57) && code !== 43) return false
  }
  return true
}

/** One character a byte, as `btoa` takes it. The mapping process has no Buffer. */
const fromHex = (text: string): string =>
  text.replaceAll(/../g, pair => String.fromCharCode(Number.parseInt(pair, 16)))

function utf8(text: string): string {
  return Array.from(new TextEncoder().encode(text), byte => String.fromCharCode(byte)).join('')
}

const isHex = (text: string): boolean => text.length % 2 === 0 && /^[0-9A-Fa-f]*$/.test(text)

/** HL70191 and 0291 where they are a media type; PDF by its name, however the type is called. */
function contentType(type = '', subtype = ''): string {
  const known = own(subtypes, subtype.toUpperCase())
  if (known !== undefined) return known
  const media = `${type}/${subtype}`.toLowerCase()
  if (/^(application|image|text|audio|video)\/[\w.+-]+$/.test(media)) return media
  // Some name the whole media type in the one place or the other.
  const whole = [type, subtype].find(text => /^[a-z]+\/[\w.+-]+$/i.test(text))
  return whole?.toLowerCase() ?? 'application/octet-stream'
}

const subtypes: Readonly<Record<string, string>> = {
  PDF: 'application/pdf',
  RTF: 'application/rtf',
  JPEG: 'image/jpeg',
  JPG: 'image/jpeg',
  GIF: 'image/gif',
  PNG: 'image/png',
  TIFF: 'image/tiff',
  BMP: 'image/bmp',
  HTML: 'text/html',
  XML: 'text/xml',
  DICOM: 'application/dicom',
  'X-HL7-CDA-LEVEL-ONE': 'text/xml',
}
