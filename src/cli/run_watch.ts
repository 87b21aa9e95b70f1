// firth run --watch: each saved change of the project that passes its checks and tests goes live;
// one that does not is told, and what runs is left alone.
import { join } from 'node:path'
import { userName } from '../kit/user.ts'
import { watchFolders } from '../kit/watch_files.ts'
import { failureOf } from '../model/errors.ts'
import type { Deploying } from '../operate/deploying.ts'
import type { World } from './command.ts'
import { reportText } from './deploy_text.ts'

const WATCHED = ['channels', 'transforms']

/** Until it is told to stop. */
export async function watchAndDeploy(
  project: string,
  deploying: Deploying,
  world: World,
): Promise<void> {
  const onChange = async () => {
    const request = { project, by: userName(), how: 'watch', remove: true } as const
    try {
      const report = await deploying.deploy({ ...request, skip_tests: false, dry_run: false })
      const tenants = report.tenants.filter(({ outcome }) => outcome !== 'unchanged')
      if (tenants.length > 0 || !report.ok)
        world.err(reportText({ ...report, tenants }, world.colours))
    } catch (cause) {
      const failure = failureOf(cause)
      if (failure === undefined) throw cause
      world.err(`${failure.message}\n`)
    }
  }
  world.err(`Watching ${WATCHED.join(' and ')} for saved changes.\n`)
  const folders = WATCHED.map(folder => join(project, folder))
  await watchFolders(folders, { signal: world.signal, onChange })
}
