// Certificates made by the openssl command at test time: an authority, and who it vouches for.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requirePart } from './require.ts'

/** A reason to skip, or false. */
export const opensslMissing = (): string | false =>
  requirePart('openssl', runs(), 'apt-get install openssl')

function runs(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false // It is not installed, which is the answer.
  }
}

export interface Certificate {
  /** Paths. */
  readonly cert_file: string
  readonly key_file: string
  /** PEM. */
  readonly cert: string
  readonly key: string
}

export interface Authority extends Certificate {
  /** A certificate for this common name, also good for 127.0.0.1 and localhost. */
  issue(name: string): Certificate
  /** PEM of a list that takes these back. */
  revoke(...certificates: readonly Certificate[]): string
  remove(): void
}

export function makeAuthority(name = 'Test Authority'): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'firth-test-ca-'))
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }).toString()
  const at = (file: string) => join(folder, file)
  const made = (stem: string): Certificate => ({
    cert_file: at(`${stem}.crt`),
    key_file: at(`${stem}.key`),
    cert: readFileSync(at(`${stem}.crt`), 'utf8'),
    key: readFileSync(at(`${stem}.key`), 'utf8'),
  })
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = ['-subj', `/CN=${name}`, '-days', '2']
  openssl('req', '-x509', ...curve, ...subject, '-keyout', 'ca.key', '-out', 'ca.crt')
  writeFileSync(at('san.cnf'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  let count = 0
  return {
    ...made('ca'),
    issue(common_name) {
      const stem = `issued${count++}`
      const [key, csr, crt] = [`${stem}.key`, `${stem}.csr`, `${stem}.crt`]
      openssl('req', ...curve, '-subj', `/CN=${common_name}`, '-keyout', key, '-out', csr)
      const by = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2']
      openssl('x509', '-req', '-in', csr, ...by, '-extfile', 'san.cnf', '-out', crt)
      return made(stem)
    },
    revoke(...certificates) {
      mkdirSync(at('db'), { recursive: true })
      writeFileSync(at('db/index.txt'), '')
      writeFileSync(at('db/number'), '01\n')
      writeFileSync(
        at('db/ca.cnf'),
        '[ca]\ndefault_ca=it\n[it]\ndatabase=db/index.txt\ncrlnumber=db/number\n' +
          'default_md=sha256\ndefault_crl_days=2\n',
      )
      const ca = ['ca', '-config', 'db/ca.cnf', '-cert', 'ca.crt', '-keyfile', 'ca.key']
      for (const { cert_file } of certificates) openssl(...ca, '-revoke', cert_file)
      openssl(...ca, '-gencrl', '-out', 'crl.pem')
      return readFileSync(at('crl.pem'), 'utf8')
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
