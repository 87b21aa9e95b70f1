// Standard input, whole. /dev/stdin is no way to it where the caller's end is a socket, as it is
// for programs that Node starts.

/** Resolves at its end. */
export async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
