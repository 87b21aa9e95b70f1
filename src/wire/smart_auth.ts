// How a token is asked for: OAuth 2.0 client credentials (RFC 6749, 4.4) by secret, or by a signed
// assertion as SMART backend services have it (hl7.org/fhir/smart-app-launch/backend-services.html;
// RFC 7523). No secret, no assertion and no text of the server leaves this file.
import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose'
import { type AuthOf, isOpen, isPath } from '../declare/http_auth_fields.ts'
import type { Clock } from '../kit/clock.ts'
import { readBytes, unreadableOf } from '../kit/files.ts'
import type { Random } from '../kit/random.ts'
import { type Code, type Facts, Failure, failureOf } from '../model/errors.ts'
import type { HttpAnswer, HttpClient } from './http.ts'
import type { TokenAnswer } from './http_tokens.ts'

export type OAuth =
  | { readonly client_credentials: AuthOf<'client_credentials'> }
  | { readonly smart_backend: AuthOf<'smart_backend'> }

export interface TokenContext {
  readonly base_url: string
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  /** A client for the server of this address; each server gets one. */
  clientOf(address: URL): HttpClient
  /** For a whole answer of the token server. Milliseconds. */
  readonly ask_ms_max: number
}

/** A token's life where the server does not say it. */
const LIFE_MS = 300_000
/** Longer lives are cut, so that a renewed secret or scope is noticed. */
const LIFE_MS_MAX = 3_600_000
/** Of an assertion; SMART allows five minutes, and clocks differ. */
const ASSERTION_S = 240

/** Asks for one token. Never rejects for what the world does. */
export async function askToken(oauth: OAuth, context: TokenContext): Promise<TokenAnswer> {
  try {
    const settings = 'smart_backend' in oauth ? oauth.smart_backend : oauth.client_credentials
    const token_url = await tokenUrl(settings.token_url, context)
    const { headers, form } =
      'smart_backend' in oauth
        ? await asserted(oauth.smart_backend, { ...context, token_url })
        : await secretly(oauth.client_credentials)
    const answer = await ask(context, new URL(token_url), {
      method: 'POST',
      headers: { ...FORM, ...headers },
      body: form.toString(),
    })
    return tokenOf(answer)
  } catch (cause) {
    const failure = failureOf(cause)
    if (failure === undefined) throw cause
    return { refused: { code: failure.code, facts: failure.facts } }
  }
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }

interface Proof {
  readonly headers: Readonly<Record<string, string>>
  readonly form: URLSearchParams
}

/** RFC 6749, 2.3.1: both halves are form-encoded before they are joined. */
async function secretly(settings: AuthOf<'client_credentials'>): Promise<Proof> {
  const { client_id, scope, parameters } = settings
  const secret = settings.client_secret ?? (await secretOf(settings.client_secret_file))
  const form = new URLSearchParams({ ...parameters, grant_type: 'client_credentials' })
  if (scope !== undefined) form.set('scope', scope)
  if (settings.secret_in === 'post') {
    form.set('client_id', client_id)
    form.set('client_secret', secret)
    return { headers: {}, form }
  }
  const encoded = (part: string) => new URLSearchParams({ x: part }).toString().slice(2)
  const pair = Buffer.from(`${encoded(client_id)}:${encoded(secret)}`).toString('base64')
  return { headers: { authorization: `Basic ${pair}` }, form }
}

async function asserted(
  settings: AuthOf<'smart_backend'>,
  { token_url, clock, random }: TokenContext & { readonly token_url: string },
): Promise<Proof> {
  const { scope } = settings
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope === undefined ? {} : { scope }),
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await assertionOf(settings, {
      audience: token_url,
      now_s: Math.floor(clock.now() / 1000),
      jti: random.bytes(24).toString('hex'),
    }),
  })
  return { headers: {}, form }
}

/** The signed assertion. Throws `target_misconfigured` where the key cannot be used. */
export async function assertionOf(
  { client_id, key, key_id, jwks_url }: AuthOf<'smart_backend'>,
  { audience, now_s, jti }: { audience: string; now_s: number; jti: string },
): Promise<string> {
  const signer = await signerOf(key)
  const kid = key_id ?? signer.kid
  try {
    return await new SignJWT({ jti })
      .setProtectedHeader({
        alg: signer.alg,
        kid,
        typ: 'JWT',
        ...(jwks_url === undefined ? {} : { jku: jwks_url }),
      })
      .setIssuer(client_id)
      .setSubject(client_id)
      .setAudience(audience)
      .setIssuedAt(now_s)
      .setExpirationTime(now_s + ASSERTION_S)
      .sign(signer.key)
  } catch (cause) {
    // An RSA key below 2048 bits, for one.
    throw new Failure('target_misconfigured', KEY, cause)
  }
}

const KEY = { setting: 'auth.smart_backend.key' }

interface Signer {
  readonly key: KeyObject
  readonly alg: string
  readonly kid: string
}

/** Read for each token, which is every few minutes: so a renewed key file is taken. */
async function signerOf(setting: string): Promise<Signer> {
  const text = isPath(setting) ? await secretOf(setting) : setting
  try {
    const jwk = /^\s*\{/.test(text)
      ? (JSON.parse(text) as JsonWebKey & { kid?: string })
      : undefined
    const key =
      jwk === undefined ? createPrivateKey(text) : createPrivateKey({ key: jwk, format: 'jwk' })
    const kid = jwk?.kid ?? (await calculateJwkThumbprint(await exportJWK(key)))
    return { key, alg: algorithmOf(key), kid }
  } catch (cause) {
    throw new Failure('target_misconfigured', KEY, cause)
  }
}

const curves: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const curve = asymmetricKeyDetails?.namedCurve ?? ''
  const alg = asymmetricKeyType === 'rsa' ? 'RS384' : curves[curve]
  if (alg === undefined) throw new TypeError('a key of this kind signs no assertion')
  return alg
}

/** A secret in a file: without the line end that editors leave. */
export async function secretOf(file: string | undefined): Promise<string> {
  const missing = () => new Failure('target_misconfigured', { missing_file: file ?? '' })
  try {
    const bytes = file === undefined ? undefined : await readBytes(file)
    const secret = bytes?.toString('utf8').trim() ?? ''
    if (secret === '') throw missing()
    return secret
  } catch (cause) {
    if (unreadableOf(cause) !== undefined) throw missing()
    throw cause
  }
}

/** As it is written, because an assertion has to name it so: set, or described by the server. */
async function tokenUrl(set: string | undefined, context: TokenContext): Promise<string> {
  if (set !== undefined) return set
  const base = context.base_url.replace(/\/+$/, '')
  const place = new URL(`${base}/.well-known/smart-configuration`)
  const answer = await ask(context, place, {
    method: 'GET',
    headers: { accept: 'application/json' },
    body: undefined,
  })
  const found = jsonOf(answer)?.token_endpoint
  if (answer.kind !== 'answer' || answer.status >= 400 || typeof found !== 'string') {
    throw new Failure(...wordsOf(answer, 'smart_configuration'))
  }
  if (!/^https?:/.test(found) || !URL.canParse(found) || isOpen(found)) {
    throw new Failure('target_misconfigured', { at: 'token_endpoint' })
  }
  return found
}

async function ask(
  { clientOf, ask_ms_max }: TokenContext,
  url: URL,
  request: { method: string; headers: Readonly<Record<string, string>>; body: string | undefined },
): Promise<HttpAnswer> {
  const path = `${url.pathname}${url.search}`
  return clientOf(url).send({ ...request, path }, AbortSignal.timeout(ask_ms_max))
}

function tokenOf(answer: HttpAnswer): TokenAnswer {
  const body = jsonOf(answer)
  const value = body?.access_token
  const [code, facts] = wordsOf(answer, 'token')
  const good = answer.kind === 'answer' && answer.status >= 200 && answer.status < 300
  if (!good || typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    return { refused: { code, facts } }
  }
  if (typeof body?.token_type === 'string' && !/^bearer$/i.test(body.token_type)) {
    return { refused: { code: 'target_misconfigured', facts: { at: 'token_type' } } }
  }
  const said_s = Number(body?.expires_in)
  const life_ms = Number.isFinite(said_s) && said_s > 0 ? said_s * 1000 : LIFE_MS
  return { token: { value, life_ms: Math.min(life_ms, LIFE_MS_MAX) } }
}

/** RFC 6749, 5.2, and what servers answer beside it: eCW says `access_denied` with a 500. */
const errors: Readonly<Record<string, Code>> = {
  invalid_client: 'target_auth',
  unauthorized_client: 'target_auth',
  invalid_grant: 'target_auth',
  access_denied: 'target_auth',
  invalid_scope: 'target_misconfigured',
  invalid_request: 'target_misconfigured',
  unsupported_grant_type: 'target_misconfigured',
  server_error: 'target_down',
  temporarily_unavailable: 'target_down',
  slow_down: 'target_down',
}

/** What an answer without a token means for the target, in words that hold no secret. */
function wordsOf(answer: HttpAnswer, at: string): [Code, Facts] {
  if (answer.kind === 'not_sent') return [answer.code, { ...answer.facts, at }]
  if (answer.kind === 'no_answer') return ['target_down', { ...answer.facts, at }]
  const { status } = answer
  const said = jsonOf(answer)?.error
  if (typeof said === 'string' && Object.hasOwn(errors, said)) {
    return [errors[said] ?? 'target_auth', { at, status, error: said }]
  }
  const busy = status >= 500 || status === 429 || status === 408
  if (busy) return ['target_down', { at, status }]
  const known = status === 400 || status === 401 || status === 403
  return [known && at === 'token' ? 'target_auth' : 'target_misconfigured', { at, status }]
}

function jsonOf(answer: HttpAnswer): Readonly<Record<string, unknown>> | undefined {
  if (answer.kind !== 'answer') return undefined
  try {
    const value: unknown = JSON.parse(answer.body)
    return typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}
