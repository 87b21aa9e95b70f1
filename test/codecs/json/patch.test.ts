// Guarded patches: what they make of a document, that they do nothing to another one, and that they
// keep numbers as they are written. Applied by the library's own reading of RFC 6902.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { applyPatch } from 'rfc6902'
import { readExact } from '../../../src/codecs/json/exact.ts'
import { guardedPatch, type PatchOperation, testOf } from '../../../src/codecs/json/patch.ts'

const members = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd/e', 'f~g'), fc.jsonValue())
const plain = (value: object) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>
const apply = (to: object, patch: readonly PatchOperation[]) => {
  const document = plain(to)
  const failed = applyPatch(document, plain(patch) as unknown as PatchOperation[]).some(Boolean)
  return { document, failed }
}

describe('a guarded patch', () => {
  it('makes the new document of the old one', () => {
    fc.assert(
      fc.property(members, members, (one, other) => {
        const [before, after] = [plain(one), plain(other)]
        const { document, failed } = apply(before, guardedPatch(before, after))
        assert.equal(failed, false)
        assert.deepEqual(document, after)
      }),
    )
  })

  it('tests every member that it touches before it changes anything', () => {
    fc.assert(
      fc.property(members, members, (one, other) => {
        const [before, after] = [plain(one), plain(other)]
        const patch = guardedPatch(before, after)
        const firstChange = patch.findIndex(({ op }) => op !== 'test')
        const tested = patch.filter(({ op }) => op === 'test')
        assert.equal(firstChange, patch.length === 0 ? -1 : tested.length)
        for (const { path } of patch) {
          const [, name = ''] = path.split('/')
          const known = Object.hasOwn(before, name.replaceAll('~1', '/').replaceAll('~0', '~'))
          assert.equal(
            tested.some(test => test.path === `/${name}`),
            known,
          )
        }
      }),
    )
  })

  it('is refused by a document that has changed under it', () => {
    const before = { gender: 'male', name: [{ family: 'A' }], active: true }
    const patch = guardedPatch(before, { ...before, gender: 'female' }, ['name'])
    assert.deepEqual(patch, [
      testOf('/name', before.name),
      testOf('/gender', 'male'),
      { op: 'replace', path: '/gender', value: 'female' },
    ])
    assert.equal(apply({ ...before, gender: 'other' }, patch).failed, true)
    assert.equal(apply({ ...before, name: [] }, patch).failed, true)
    assert.equal(apply({ ...before, active: false }, patch).failed, false)
  })

  it('is nothing where nothing changes, whatever is tested too', () => {
    assert.deepEqual(guardedPatch({ a: 1 }, { a: 1 }, ['a']), [])
    const [one, two] = [readExact('{"a":1.10}'), readExact('{"a":1.100}')] as [object, object]
    assert.deepEqual(guardedPatch(one as never, two as never), [])
  })

  it('writes numbers as they were read', () => {
    const before = readExact('{"v":[{"x":1.10,"y":1}],"w":2.0}') as Record<string, unknown>
    const after = { ...before, v: [{ x: 1.2, y: 1 }] }
    assert.equal(
      JSON.stringify(guardedPatch(before, after)),
      '[{"op":"test","path":"/v","value":[{"x":1.10,"y":1}]},' +
        '{"op":"replace","path":"/v/0/x","value":1.2}]',
    )
  })

  it('replaces a long list whole, at once', () => {
    const list = (from: number) => Array.from({ length: 5_000 }, (_, i) => ({ n: i + from }))
    const patch = guardedPatch({ a: list(0) }, { a: list(1) })
    assert.deepEqual(
      patch.map(({ op, path }) => [op, path]),
      [
        ['test', '/a'],
        ['replace', '/a'],
      ],
    )
    assert.deepEqual(guardedPatch({ a: list(0) }, { a: list(0) }), [])
  })
})
