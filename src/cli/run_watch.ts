// firth run --watch: each saved change of the project that passes its checks and tests goes live;
// one that does not is told, and what runs is left alone.
import { join } from 'node:path'
import { systemClock } from '../kit/clock.ts'
import { userName } from '../kit/user.ts'
import { watchFolders } from '../kit/watch_files.ts'
import { failureOf } from '../model/errors.ts'
import { heldName } from '../operate/deploy.ts'
import type { Deploying } from '../operate/deploying.ts'
import type { World } from './command.ts'
import { reportText } from './deploy_text.ts'

/** How long a change that loses something must stand before it goes live. */
const HELD_MS = 1_500

const WATCHED = ['channels', 'transforms']

/** Until it is told to stop. */
export async function watchAndDeploy(
  project: string,
  deploying: Deploying,
  world: World,
): Promise<void> {
  const request = { project, by: userName(), how: 'watch', remove: true } as const
  const deployOnce = async (sure: readonly string[]): Promise<readonly string[]> => {
    try {
      const asked = { ...request, skip_tests: false, dry_run: false, sure }
      const report = await deploying.deploy(asked)
      const tenants = report.tenants.filter(({ outcome }) => outcome !== 'unchanged')
      if (tenants.length > 0 || !report.ok)
        world.err(reportText({ ...report, tenants }, world.colours))
      return tenants.filter(({ outcome }) => outcome === 'held').map(heldName)
    } catch (cause) {
      const failure = failureOf(cause)
      if (failure === undefined) throw cause
      world.err(`${failure.message}\n`)
      return []
    }
  }
  const onChange = async () => {
    let held = await deployOnce([])
    while (held.length > 0 && !world.signal.aborted) {
      await systemClock.sleep(HELD_MS, world.signal)
      held = await deployOnce(held)
    }
  }
  world.err(`Watching ${WATCHED.join(' and ')} for saved changes.\n`)
  const folders = WATCHED.map(folder => join(project, folder))
  await watchFolders(folders, { signal: world.signal, onChange })
}
