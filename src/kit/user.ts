// Who runs this process, by the operating system's word: what stands in records of who did what.
import { userInfo } from 'node:os'

/** The user's name; the number where the system has no name for it, as in some containers. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    // Node throws where the user is not in the system's list.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
