// The command line: the visible table of commands, and the one place where failures become words
// and exit codes.
import { nearest } from '../kit/nearest.ts'
import { catalogue, type Failure, failureOf } from '../model/errors.ts'
import { approve, approveList, approveReject, approveShow } from './approve.ts'
import { audit } from './audit.ts'
import { backup, backupStatus, backupVerify } from './backup.ts'
import { check } from './check.ts'
import { type Command, exit, UsageError, type World } from './command.ts'
import { deadList, deadShow } from './dead.ts'
import { deadDrop, deadRetry } from './dead_act.ts'
import { deadEdit } from './dead_edit.ts'
import { deploy } from './deploy.ts'
import { diffCommand } from './diff.ts'
import { explain } from './explain.ts'
import { generate } from './generate.ts'
import { logRead, logTopics } from './log.ts'
import { map } from './map.ts'
import { newChannel, newProject, newTenant, newTransform } from './new.ts'
import { type CommandGroup, findCommand, helpOf, overview, parse } from './parse.ts'
import { pause, pauseList, resume } from './pause.ts'
import { queue } from './queue.ts'
import { release, releaseList, releaseShow } from './release.ts'
import { replay, replayList, replayShow, replayTurns } from './replay.ts'
import { restore } from './restore.ts'
import { run } from './run.ts'
import { search } from './search.ts'
import { send } from './send.ts'
import { status } from './status.ts'
import { test } from './test.ts'
import { trace } from './trace.ts'
import { tryOut } from './try.ts'

/** The table of commands, as help shows it. */
export const groups: readonly CommandGroup[] = [
  { title: 'Run', commands: [check, deploy, run, send] },
  { title: 'See', commands: [status, search, trace, queue, audit, logTopics, logRead] },
  {
    title: 'Decide',
    commands: [
      ...[pause, pauseList, resume],
      ...[approveList, approveShow, approve, approveReject],
      ...[releaseList, releaseShow, release],
    ],
  },
  { title: 'Mend', commands: [deadList, deadShow, deadRetry, deadEdit, deadDrop] },
  { title: 'Send again', commands: [diffCommand, replay, replayList, replayShow, ...replayTurns] },
  { title: 'Keep', commands: [backup, backupStatus, backupVerify, restore] },
  {
    title: 'Build',
    commands: [
      ...[newProject, newTenant, newChannel, newTransform],
      ...[test, tryOut, map, explain, generate],
    ],
  },
]

export const commands: readonly Command[] = groups.flatMap(group => group.commands)

/** Runs one command line; resolves with the exit code. Only a bug rejects. */
export async function main(words: readonly string[], world: World): Promise<number> {
  const [first] = words
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    return help(words.slice(1), world)
  }
  if (first === '--version') {
    world.out(`firth ${world.version}\n`)
    return exit.ok
  }
  const found = findCommand(commands, words)
  if (found === undefined) return unknown(words, world)
  try {
    const args = parse(found.command, found.rest)
    if (args.flag('help')) {
      world.out(helpOf(found.command))
      return exit.ok
    }
    return await found.command.run(args, world)
  } catch (cause) {
    if (cause instanceof UsageError) {
      world.err(`${cause.message}\nSee: firth ${found.command.name} --help\n`)
      return exit.usage
    }
    const refused = refusedByDisk(cause)
    if (refused !== undefined) {
      world.err(refused)
      return exit.unavailable
    }
    const failure = failureOf(cause)
    if (failure === undefined) throw cause
    world.err(inWords(failure))
    return failure.outcome === 'fix' ? exit.failed : exit.unavailable
  }
}

/** What a person can mend where the disk refuses a path; anything else that it says is a bug. */
const diskWords: Readonly<Record<string, string>> = {
  EACCES: 'may not be read or written by this user',
  EPERM: 'may not be read or written by this user',
  EROFS: 'is on a disk that takes no writes',
  ENOSPC: 'has no room left on its disk',
  ENOTDIR: 'cannot be: something above it is a file and no folder',
  EISDIR: 'is a folder where a file is wanted',
}

function refusedByDisk(cause: unknown): string | undefined {
  if (!(cause instanceof Error && 'code' in cause && 'path' in cause)) return undefined
  const { code, path } = cause
  const words = diskWords[String(code)]
  return words === undefined ? undefined : `${String(path)} ${words} (${String(code)}).\n`
}

function help(words: readonly string[], world: World): number {
  const found = findCommand(commands, words)
  world.out(found === undefined ? overview(groups, world.version) : helpOf(found.command))
  return exit.ok
}

/** `firth log` alone is a question, not a mistake: it lists what begins so. */
function unknown(words: readonly string[], world: World): number {
  const [first = '', second] = words
  const family = commands.filter(({ name }) => name.startsWith(`${first} `))
  if (family.length === 0) {
    const names = commands.map(({ name }) => name.split(' ')[0] ?? name)
    return noCommand(first, [...new Set(names)], world)
  }
  if (second !== undefined && !second.startsWith('-')) {
    const names = family.map(({ name }) => name)
    return noCommand(`${first} ${second}`, names, world)
  }
  world.out(overview([{ title: 'Commands', commands: family }], world.version))
  return exit.ok
}

function noCommand(word: string, names: readonly string[], world: World): number {
  const near = nearest(word, names)
  const hint = near === undefined ? '' : ` Did you mean ${near}?`
  world.err(`There is no command ${word}.${hint}\nSee: firth --help\n`)
  return exit.usage
}

function inWords(failure: Failure): string {
  const { message, hint } = catalogue[failure.code]
  const facts = Object.entries(failure.facts).map(([name, fact]) => `${name}: ${String(fact)}`)
  const where = facts.length === 0 ? '' : ` (${facts.join(', ')})`
  return `${failure.code}: ${message}${where}\n${hint}\n`
}
