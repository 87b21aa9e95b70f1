// What SQLite and the file system report, as failures of the catalogue. Anything else that is
// thrown is a bug and stays what it is.
import { type Code, type Facts, Failure } from '../../model/errors.ts'

// Primary result codes, https://sqlite.org/rescode.html; the upper bytes of errcode say where.
const ofSqlite: Readonly<Record<number, Code>> = {
  5: 'log_io_error', // SQLITE_BUSY: another program keeps a file of the log locked
  8: 'log_read_only', // SQLITE_READONLY
  10: 'log_io_error', // SQLITE_IOERR, also EFBIG and every error of fsync
  11: 'log_corrupt', // SQLITE_CORRUPT
  13: 'log_disk_full', // SQLITE_FULL
  14: 'log_io_error', // SQLITE_CANTOPEN
  26: 'log_corrupt', // SQLITE_NOTADB
}

const ofSystem: Readonly<Record<string, Code>> = {
  ENOSPC: 'log_disk_full',
  EDQUOT: 'log_disk_full',
  EROFS: 'log_read_only',
  EACCES: 'log_read_only',
  EPERM: 'log_read_only',
  EIO: 'log_io_error',
  EFBIG: 'log_io_error',
  EMFILE: 'log_io_error',
  ENFILE: 'log_io_error',
  ENOENT: 'log_io_error',
}

/** The failure behind anything thrown while a file of the log was used; undefined for a bug. */
export function faultOf(cause: unknown, facts: Facts = {}): Failure | undefined {
  if (cause instanceof Failure) return cause
  if (!(cause instanceof Error)) return undefined
  if ('errcode' in cause && typeof cause.errcode === 'number') {
    const code = ofSqlite[cause.errcode & 0xff]
    const reason = 'errstr' in cause ? String(cause.errstr) : 'SQLite failed'
    return code && new Failure(code, { ...facts, sqlite: cause.errcode, reason }, cause)
  }
  if (!('syscall' in cause && 'code' in cause)) return undefined
  const code = ofSystem[String(cause.code)]
  return code && new Failure(code, { ...facts, reason: `${cause.syscall} ${cause.code}` }, cause)
}

/** Runs `work`; what the disk did wrong is thrown as a Failure. */
export function withFaults<T>(facts: Facts, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw faultOf(cause, facts) ?? cause
  }
}
