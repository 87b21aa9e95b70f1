// A new test file as YAML: messages as blocks of text, one segment a line, so that people read and
// change them.
import { Document, isMap, isScalar, isSeq, Scalar } from 'yaml'

export interface NewTest {
  readonly name: string
  /** Segments ended by any line end. */
  readonly message: string
}

/** `head`: lines of comment, without their `#`. What is expected is written by `--update`. */
export function testFileText(head: readonly string[], tests: readonly NewTest[]): string {
  const document = new Document({
    tests: tests.map(({ name, message }) => {
      return {
        name,
        message: `${message
          .trim()
          .split(/\r\n|\r|\n/)
          .join('\n')}\n`,
      }
    }),
  })
  document.commentBefore = head.map(line => ` ${line}`).join('\n')
  const list = document.get('tests')
  for (const item of isSeq(list) ? list.items : []) {
    const message = isMap(item) ? item.get('message', true) : undefined
    if (isScalar(message)) message.type = Scalar.BLOCK_LITERAL
  }
  const text = document.toString({ lineWidth: 0 })
  // The comment is the file's, the schema line belongs to its very top.
  return text.replace('\n\ntests:', '\ntests:')
}
