// A far end that repeats what it is sent, as many do in their errors. It stands before a real FHIR
// server and keeps every address and header that it was asked with, for whoever looks for patients
// in them.
import { once } from 'node:events'
import { createServer } from 'node:http'

export type Temper = 'well' | 'outcome' | 'html' | 'conflict' | 'refuses'

const quoted = (text: string) => text.replaceAll(/[^\w .:,/-]/g, ' ').slice(0, 4_000)

const issue = (code: string, text: string) =>
  JSON.stringify({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code, details: { text }, diagnostics: text, expression: [text] }],
  })

const ANSWERS: Readonly<Record<Exclude<Temper, 'well'>, readonly [number, string]>> = {
  outcome: [400, 'application/fhir+json'],
  html: [500, 'text/html'],
  conflict: [412, 'application/fhir+json'],
  refuses: [403, 'application/fhir+json'],
}

export async function startEchoingFarEnd(behind: string) {
  let temper: Temper = 'well'
  const lines: string[] = []
  let writes = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    // Where FHIR itself wants an identifier, by decision.
    const { 'if-none-exist': ____, ...shown } = request.headers
    lines.push(`${request.method} ${request.url} ${JSON.stringify(shown)}`)
    const isWrite = request.method !== 'GET' && !request.url?.endsWith('_search')
    if (isWrite) writes += 1
    if (isWrite && temper !== 'well') {
      const [status, type] = ANSWERS[temper]
      const text = quoted(body)
      // Also where only machines look: in headers.
      const more = { 'x-problem': text.slice(0, 200), location: `Patient/${text.slice(0, 80)}` }
      response.writeHead(status, { 'content-type': type, ...more })
      response.end(temper === 'html' ? `<html><h1>${text}</h1></html>` : issue('invalid', text))
      return
    }
    const { host: _, connection: __, 'accept-encoding': ___, ...headers } = request.headers
    const asked = fetch(`${behind}${request.url?.slice(3)}`, {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(body === '' ? {} : { body }),
    })
    // The server behind may be gone by the end of a test.
    const answer = await asked.catch(() => undefined)
    if (answer === undefined) return response.destroy()
    const back = Object.fromEntries(
      [...answer.headers].filter(([name]) => !/encoding|length|connection|^date/.test(name)),
    )
    response.writeHead(answer.status, back)
    response.end(await answer.text())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    base: `http://127.0.0.1:${port}/r4`,
    become(next: Temper) {
      temper = next
    },
    /** Method, address and headers of everything that it was asked. */
    asked: () => lines.join('\n'),
    get writes() {
      return writes
    },
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
