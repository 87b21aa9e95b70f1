// Who we are, put on every call to a far end: a fixed header, what stands in a file, or a token
// that is asked for. A 401 renews once what can be renewed; a second one is the far end's answer.
import type { AuthConfig } from '../declare/http_auth_fields.ts'
import { type Clock, systemClock } from '../kit/clock.ts'
import { type Random, systemRandom } from '../kit/random.ts'
import { failureOf } from '../model/errors.ts'
import type { HttpAnswer, HttpClient, HttpRequest } from './http.ts'
import { type TokenAnswer, Tokens } from './http_tokens.ts'
import { askToken, assertionOf, type OAuth, secretOf } from './smart_auth.ts'

export interface AuthOptions {
  readonly base_url: string
  /** The short form of `auth.bearer.token`. */
  readonly token: string | undefined
  readonly auth: AuthConfig | undefined
  /** For the token server; its limits are the target's. */
  clientOf(address: URL): HttpClient
  readonly ask_ms_max: number
  readonly clock?: Clock
  readonly random?: Random
}

/** The name of the header, and what stands before its value. */
interface Place {
  readonly header: string
  readonly before: string
}

const BEARER: Place = { header: 'authorization', before: 'Bearer ' }

/** A file is read again after this time: secrets are renewed beside us. */
const FILE_MS = 60_000

/**
 * The client with credentials on each of its calls. Rejects with `target_misconfigured` where they
 * can never be given: a file that is missing, a key that signs nothing.
 */
export async function withAuth(client: HttpClient, options: AuthOptions): Promise<HttpClient> {
  const source = await sourceOf(options)
  if (source === undefined) return client
  if ('fixed' in source) {
    const fixed = headers(source.place, source.fixed)
    return { ...client, send: (request, signal) => client.send(signed(request, fixed), signal) }
  }
  const { place, tokens } = source
  const once = async (request: HttpRequest, signal: AbortSignal): Promise<Once> => {
    const token = await tokens.get(signal)
    if (token === undefined) return { answer: ABORTED }
    if (typeof token !== 'string') return { answer: { kind: 'not_sent', ...token } }
    return { token, answer: await client.send(signed(request, headers(place, token)), signal) }
  }
  return {
    close: () => client.close(),
    async send(request, signal) {
      const first = await once(request, signal)
      const { answer, token } = first
      if (token === undefined || answer.kind !== 'answer' || answer.status !== 401) return answer
      // It was refused before anything was done with it, so it may go out again.
      tokens.forget(token)
      return (await once(request, signal)).answer
    },
  }
}

interface Once {
  readonly answer: HttpAnswer
  /** What it was sent with; absent where it was not sent. */
  readonly token?: string
}

const ABORTED: HttpAnswer = {
  kind: 'not_sent',
  code: 'target_transient',
  facts: { error: 'aborted' },
}

const headers = ({ header, before }: Place, value: string) => ({ [header]: `${before}${value}` })

const signed = (request: HttpRequest, own: Readonly<Record<string, string>>): HttpRequest => ({
  ...request,
  headers: { ...request.headers, ...own },
})

type Source =
  | { readonly place: Place; readonly fixed: string }
  | { readonly place: Place; readonly tokens: Tokens }

/** Undefined: nobody is told who we are. */
async function sourceOf(options: AuthOptions): Promise<Source | undefined> {
  const { bearer, header, basic, client_credentials, smart_backend } = options.auth ?? {}
  const { token } = options
  if (token !== undefined) return { place: BEARER, fixed: token }
  if (bearer !== undefined) {
    return held({ place: BEARER, fixed: bearer.token, file: bearer.token_file }, options)
  }
  if (header !== undefined) {
    const place = { header: header.name.toLowerCase(), before: '' }
    return held({ place, fixed: header.value, file: header.value_file }, options)
  }
  if (basic !== undefined) {
    const place = { header: 'authorization', before: 'Basic ' }
    const as = (password: string) => Buffer.from(`${basic.user}:${password}`).toString('base64')
    return held({ place, fixed: basic.password, file: basic.password_file, as }, options)
  }
  if (client_credentials !== undefined) {
    const { client_secret, client_secret_file } = client_credentials
    if (client_secret === undefined) await secretOf(client_secret_file)
    return asked({ client_credentials }, options)
  }
  if (smart_backend !== undefined) {
    // Signed once for nobody, so that a key that cannot sign is known before the first message.
    await assertionOf(smart_backend, { audience: options.base_url, now_s: 0, jti: '' })
    return asked({ smart_backend }, options)
  }
  return undefined
}

interface Secret {
  readonly place: Place
  readonly fixed: string | undefined
  readonly file: string | undefined
  /** How the secret is written in the header. */
  readonly as?: (secret: string) => string
}

async function held(secret: Secret, { clock = systemClock }: AuthOptions): Promise<Source> {
  const { place, fixed, file, as = text => text } = secret
  if (fixed !== undefined) return { place, fixed: as(fixed) }
  await secretOf(file)
  const read = async (): Promise<TokenAnswer> => {
    try {
      return { token: { value: as(await secretOf(file)), life_ms: FILE_MS } }
    } catch (cause) {
      const failure = failureOf(cause)
      if (failure === undefined) throw cause
      return { refused: { code: failure.code, facts: failure.facts } }
    }
  }
  return { place, tokens: new Tokens(read, clock) }
}

function asked(oauth: OAuth, options: AuthOptions): Source {
  const { clock = systemClock, random = systemRandom, ...context } = options
  return {
    place: BEARER,
    tokens: new Tokens(() => askToken(oauth, { ...context, clock, random }), clock),
  }
}
