// What the errors of a TLS connection tell: whose fault it is, and that a far end which refused our
// certificate has read nothing of what we sent after it.
import type { Code } from '../model/errors.ts'

/**
 * Under TLS 1.3 a server judges our certificate after our side of the handshake is over. These
 * alerts say that it refused it, and then it has read nothing.
 */
export const refusedByTls = (error: string): boolean =>
  /^ERR_SSL_.*ALERT_(CERTIFICATE_|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERT|ACCESS_DENIED)/.test(
    error,
  )

/** The code of a connection that could not be used, by the system's name of its error. */
export function connectionCode(error: string): Code {
  if (refusedByTls(error)) return 'target_auth'
  return /CERT|SSL|TLS|EPROTO|SELF_SIGNED|UNABLE_TO_/.test(error)
    ? 'target_misconfigured'
    : 'target_down'
}
