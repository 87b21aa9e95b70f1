// A person's editor, played by a small program.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { editText } from '../../src/kit/editor.ts'

const file = { name: 'message.hl7', text: 'MSH|1\n' }

test('what the editor wrote comes back, also from a command with arguments', async () => {
  assert.equal(await editText("sed -i 's/1/2/'", file), 'MSH|2\n')
})

test('an editor that fails, or that there is none of, changes nothing', async () => {
  assert.equal(await editText('false', file), undefined)
  assert.equal(await editText('/nowhere/editor', file), undefined)
})

test('the file is for this user only, and gone afterwards', async () => {
  const told = await editText(
    'f() { stat -c "%a %n" "$1" >"$1.told"; mv "$1.told" "$1"; }; f',
    file,
  )
  const [mode, path = ''] = (told ?? '').trim().split(' ')
  assert.equal(mode, '600')
  assert.equal(existsSync(path), false)
})
