// Templates filled in: whatever a sender wrote, a value stays in its place. Held to real readers of
// each place: URL, URLSearchParams, JSON.parse, an XML parser, Node's check of headers.
import assert from 'node:assert/strict'
import { validateHeaderValue } from 'node:http'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import {
  fillPath,
  fillShape,
  fillText,
  isWayward,
  shapeOf,
  type TextPlace,
} from '../../../src/codecs/template/fill.ts'
import { parseTemplate } from '../../../src/codecs/template/parse.ts'
import type { Subject } from '../../../src/codecs/template/values.ts'
import { Failure } from '../../../src/model/errors.ts'
import { patient, writeIntent } from '../../path/toy.ts'

function template(text: string) {
  const parsed = parseTemplate(text)
  assert.ok('template' in parsed, text)
  return parsed.template
}

const of = (note: unknown): Subject => ({
  intent: writeIntent({ resource: patient('M1', { note }) }),
  known: {},
  target_id: undefined,
})

const hostile = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
  fc
    .array(
      fc.constantFrom(
        ...[
          '..',
          '.',
          '/',
          '\\',
          '%2e',
          '%2F',
          '?',
          '#',
          '&',
          '=',
          ';',
          '"',
          "'",
          '<',
          '>',
          '{',
          '}',
        ],
        ...[
          '\r\n',
          '\n',
          '\0',
          '\ud800',
          '\u2028',
          '&amp;',
          ']]>',
          '<!--',
          'x-a: b',
          ' ',
          '+',
          'é',
        ],
      ),
      { minLength: 1, maxLength: 8 },
    )
    .map(parts => parts.join('')),
)

/** What is filled in, or undefined where it was refused by its code. */
function tried<T>(fill: () => T): T | undefined {
  try {
    return fill()
  } catch (cause) {
    assert.ok(cause instanceof Failure && cause.code === 'template_value_unfit', String(cause))
    assert.equal(cause.facts.path, 'resource.note')
    return undefined
  }
}

const fill = (text: string, note: string, place: TextPlace) =>
  tried(() => fillText(template(text), of(note), place))

const held = (check: (note: string) => void) =>
  fc.assert(fc.property(hostile, check), { numRuns: 3_000 })

describe('a value in its place', () => {
  it('of a path stays one segment or one parameter', () =>
    held(note => {
      const text = '/a/{resource.note}/b?q={resource.note}&r=1'
      const path = tried(() => fillPath(template(text), of(note)))
      if (path === undefined) return
      const url = new URL(`http://h${path}`)
      assert.equal(url.hash, '')
      const segments = url.pathname.split('/')
      assert.deepEqual([segments.length, segments[1], segments[3]], [4, 'a', 'b'])
      assert.equal(decodeURIComponent(segments[2] ?? ''), note.toWellFormed())
      assert.deepEqual([...url.searchParams.keys()], ['q', 'r'])
      assert.equal(url.searchParams.get('q'), note.toWellFormed())
    }))

  it('of a path never means the folder above, however it is put together', () => {
    const texts = ['/a/{resource.note}/b', '/a/.{resource.note}/b', '/a/{resource.note}.']
    for (const text of texts) {
      for (const note of ['.', '..']) {
        const path = tried(() => fillPath(template(text), of(note)))
        if (path !== undefined) assert.equal(new URL(`http://h${path}`).pathname, path)
      }
    }
    assert.equal(
      tried(() => fillPath(template('/a/{resource.note}'), of('..'))),
      undefined,
    )
    assert.ok(isWayward('/a//b') && isWayward('/%2E%2e/x') && !isWayward('/a/b/'))
  })

  it('of a header is one line, or refused', () =>
    held(note => {
      const value = fill('v={resource.note}', note, 'header')
      if (value === undefined) return
      assert.doesNotThrow(() => validateHeaderValue('x-a', value))
      assert.equal(value, `v=${note}`)
    }))

  it('of a JSON text stays one text', () =>
    held(note => {
      const text = fill('{{"a":"<{resource.note}>","b":1}}', note, 'json') ?? assert.fail()
      assert.deepEqual(JSON.parse(text), { a: `<${note.toWellFormed()}>`, b: 1 })
    }))

  it('of a form stays one parameter', () =>
    held(note => {
      const text = fill('a={resource.note}&b=1', note, 'form') ?? assert.fail()
      assert.deepEqual(
        [...new URLSearchParams(text)],
        [
          ['a', note.toWellFormed()],
          ['b', '1'],
        ],
      )
    }))

  it('of XML stays one text, or is refused', () => {
    const parser = new XMLParser({
      ...{ ignoreAttributes: false, parseTagValue: false, parseAttributeValue: false },
      ...{ trimValues: false, htmlEntities: true },
    })
    held(note => {
      const text = fill('<a n="{resource.note}">{resource.note}</a>', note, 'xml')
      if (text === undefined) return
      const { a } = parser.parse(text)
      assert.deepEqual(Object.keys(a).sort(), ['#text', '@_n'])
    })
    assert.equal(fill('{resource.note}', '<&>"\'\r', 'xml'), '&#60;&#38;&#62;&#34;&#39;&#13;')
    assert.equal(fill('{resource.note}', 'a\u0000', 'xml'), undefined)
  })

  it('of a structure of YAML stays one value of its type', () =>
    held(note => {
      const shape = shapeOf({ a: 'x{resource.note}', b: ['{resource.note}', 1, null] }, template)
      const filled = JSON.parse(JSON.stringify(fillShape(shape, of(note))))
      const read = note.toWellFormed()
      assert.equal(filled.a, `x${read}`)
      assert.equal(String(filled.b[0]).toWellFormed(), read)
      assert.deepEqual(filled.b.slice(1), [1, null])
    }))
})

describe('a structure with templates', () => {
  const filled = (value: unknown, note: unknown) => fillShape(shapeOf(value, template), of(note))

  it('keeps numbers, flags and elements where the template is the whole text', () => {
    assert.deepEqual(filled({ n: '{resource.note}' }, 1.5), { n: 1.5 })
    assert.deepEqual(filled({ n: '{resource.note}' }, false), { n: false })
    assert.deepEqual(filled({ n: '{resource.note}' }, [{ a: 1 }]), { n: [{ a: 1 }] })
    assert.deepEqual(filled({ n: '#{resource.note}' }, 1.5), { n: '#1.5' })
  })

  it('leaves out what says omit, and refuses an element inside of a text', () => {
    assert.deepEqual(filled({ a: '{Patient.x | omit}', b: ['{Patient.x | omit}', 1] }, 1), {
      b: [1],
    })
    assert.throws(() => filled({ a: 'x {resource.note}' }, { b: 1 }), Failure)
  })
})
