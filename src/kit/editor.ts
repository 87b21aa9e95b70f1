// A person's own editor on a text, in a file that nobody else may read and that is gone afterwards.
import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withTemporaryFolder } from './temporary.ts'

/** What the person left, or undefined where the editor did not end well. */
export function editText(
  editor: string,
  file: { readonly name: string; readonly text: string },
): Promise<string | undefined> {
  return withTemporaryFolder('firth-edit-', async folder => {
    const path = join(folder, file.name)
    await writeFile(path, file.text, { mode: 0o600 })
    // As other tools do: EDITOR may have arguments of its own.
    const args = ['-c', `${editor} "$1"`, 'sh', path]
    const child = spawn('sh', args, { stdio: 'inherit' })
    const code = await new Promise<number | null>(resolve => {
      child.on('error', () => resolve(null))
      child.on('close', resolve)
    })
    return code === 0 ? readFile(path, 'utf8') : undefined
  })
}
