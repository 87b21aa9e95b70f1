// Certificates of MLLP: read from files or given as text. A listener's are read again while it
// runs, so that a renewed certificate needs no restart, and a renewal that cannot be used leaves
// the old one in place.
import type { Clock } from '../kit/clock.ts'
import { readBytes } from '../kit/files.ts'
import {
  type ConnectionOptions,
  checkSecureContext,
  type SecureContextOptions,
  type TlsOptions,
} from '../kit/net.ts'
import { Failure } from '../model/errors.ts'
import type { Signals } from '../model/signals.ts'

/** Each of the first four: PEM text, or the path of a file with it. */
export interface TlsConfig {
  readonly certificate: string
  readonly key: string
  /** Who vouches for clients. Present: a client without a certificate of theirs is turned away. */
  readonly client_ca?: string
  /** Certificates that were taken back. */
  readonly client_crl?: string
  readonly key_passphrase?: string
  readonly min_version: 'TLSv1.2' | 'TLSv1.3'
  /** OpenSSL's names. */
  readonly ciphers?: string
}

/** Rejects with `file_missing` where a file is missing. */
export async function loadTls(config: TlsConfig): Promise<TlsOptions> {
  const context: SecureContextOptions = {
    cert: await pem(config.certificate, 'certificate'),
    key: await pem(config.key, 'key'),
    minVersion: config.min_version,
    ...(config.client_ca === undefined ? {} : { ca: await pem(config.client_ca, 'client_ca') }),
    ...(config.client_crl === undefined ? {} : { crl: await pem(config.client_crl, 'client_crl') }),
    ...(config.key_passphrase === undefined ? {} : { passphrase: config.key_passphrase }),
    ...(config.ciphers === undefined ? {} : { ciphers: config.ciphers }),
  }
  const mutual = config.client_ca !== undefined
  return { ...context, requestCert: mutual, rejectUnauthorized: mutual }
}

/** TLS of our own connections; the texts may be PEM or paths. */
export interface ClientTlsConfig {
  readonly ca?: string
  readonly certificate?: string
  readonly key?: string
  readonly key_passphrase?: string
  /** Undefined: the host that is connected to. */
  readonly server_name?: string
  readonly min_version: 'TLSv1.2' | 'TLSv1.3'
}

/**
 * Rejects with `file_missing`, or `target_misconfigured` where key and certificates cannot be used.
 * The far end's certificate is always checked.
 */
export async function loadClientTls(config: ClientTlsConfig): Promise<ConnectionOptions> {
  const { ca, certificate, key, key_passphrase, server_name, min_version } = config
  const options: ConnectionOptions = {
    minVersion: min_version,
    ...(ca === undefined ? {} : { ca: await pem(ca, 'ca') }),
    ...(certificate === undefined ? {} : { cert: await pem(certificate, 'certificate') }),
    ...(key === undefined ? {} : { key: await pem(key, 'key') }),
    ...(key_passphrase === undefined ? {} : { passphrase: key_passphrase }),
    ...(server_name === undefined ? {} : { servername: server_name }),
  }
  try {
    checkSecureContext(options)
  } catch (cause) {
    const error = (cause as NodeJS.ErrnoException).code ?? 'unusable'
    throw new Failure('target_misconfigured', { field: 'tls', error }, cause)
  }
  return options
}

async function pem(value: string, field: string): Promise<string> {
  if (value.includes('-----BEGIN ')) return value
  const bytes = await readBytes(value)
  if (bytes === undefined) throw new Failure('file_missing', { field, file: value })
  return bytes.toString('latin1')
}

export interface WatchOptions {
  readonly clock: Clock
  readonly signals: Signals
  readonly every_ms: number
  /** What is in use. */
  readonly loaded: TlsOptions
  /** Ends the watch. */
  readonly signal: AbortSignal
  /** Throws where the certificates cannot be used, e.g. the key is not of this certificate yet. */
  renew(context: SecureContextOptions): void
}

/** Looks at the files every so often and renews when what they hold has changed. */
export async function watchTls(config: TlsConfig, options: WatchOptions): Promise<void> {
  const { clock, signals, signal } = options
  let used = JSON.stringify(options.loaded)
  let refused = ''
  while (!signal.aborted) {
    await clock.sleep(options.every_ms, signal)
    if (signal.aborted) return
    try {
      const found = await loadTls(config)
      const text = JSON.stringify(found)
      if (text === used || text === refused) continue
      refused = text
      options.renew(found)
      used = text
      signals.say('info', 'mllp certificates renewed')
    } catch (cause) {
      const error = (cause as NodeJS.ErrnoException).code ?? 'unreadable'
      signals.say('error', 'mllp certificates not renewed, the old ones stay in use', { error })
    }
  }
}
