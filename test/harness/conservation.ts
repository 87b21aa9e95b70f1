// A hospital whose engine is killed again and again while its far end behaves badly: the load, the
// kills, and what must be true afterwards. The tests of conservation differ in far ends and in what
// goes on meanwhile.
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from '../../src/kit/random.ts'
import type { UnkindFarEnd } from '../peers/unkind_far_end.ts'
import { firth, makeProject, type Project, type Running, startFirth } from './engine.ts'
import { allOf, type Expected, held, type Merged } from './world.ts'

export const seedOf = (): number => Number(process.env.FIRTH_SEED ?? Date.now() % 1_000_000)

/** 0: the short run of CI. */
export const minutesOf = (): number => Number(process.env.FIRTH_CRASH_MINUTES ?? 0)

export interface HospitalOptions {
  readonly port: number
  /** Lines of YAML below `targets:`. */
  readonly targets: readonly string[]
  /** Lines of YAML at the top level of the tenant. */
  readonly tenant?: readonly string[]
  readonly routes: readonly string[]
}

export const hospital = (options: HospitalOptions): Promise<Project> =>
  makeProject({
    'channels/harbor/tenant.yaml': [
      'tenant: harbor',
      'name: Harbor',
      'time_zone: America/Los_Angeles',
      'environment: test',
      'assigning_authorities: { HARBOR: "urn:oid:2.999.1", LAB: "urn:oid:2.999.2", HIS: "urn:oid:2.999.3" }',
      ...(options.tenant ?? []),
      'targets:',
      ...options.targets,
      '',
    ].join('\n'),
    'channels/harbor/feed.yaml': [
      'channel: feed',
      'tenant: harbor',
      'about: Everything of the harbor.',
      `source: { mllp: { port: ${options.port} } }`,
      'transform: base',
      'on_failure: { retry: { backoff: 200ms..2s, for: 1h } }',
      `routes: [${options.routes.map(name => `{ name: ${name}, to: ${name} }`).join(', ')}]`,
      '',
    ].join('\n'),
  })

export interface KillOptions {
  readonly random: Random
  readonly kills: number
  readonly far: UnkindFarEnd
  /** Beside a running engine, between two kills. */
  meanwhile?(kill: number): Promise<void>
  readonly until_ms?: number
}

/** Starts the engine and kills it; the far end dies now and then too. The last one lives. */
export async function killAgain(
  project: Project,
  options: KillOptions,
): Promise<{ running: Running; kills: number }> {
  const { random, far, until_ms } = options
  const on = (kills: number) =>
    until_ms === undefined ? kills < options.kills : Date.now() < until_ms
  let kills = 0
  for (; on(kills); kills++) {
    const running = await startFirth(project)
    const death = random.fraction() < 0.3 ? far.die(300 + random.fraction() * 1_500) : undefined
    await options.meanwhile?.(kills)
    await delay(300 + random.fraction() * 2_500)
    await running.kill()
    await death
  }
  return { running: await startFirth(project), kills }
}

export async function until(
  what: string,
  is: () => boolean | Promise<boolean>,
  patience_ms = 120_000,
): Promise<void> {
  const end_ms = Date.now() + patience_ms
  while (!(await is())) {
    if (Date.now() > end_ms) assert.fail(`it never came to this: ${what}`)
    await delay(500)
  }
}

/** One JSON object a line. */
export async function linesOf(
  project: Project,
  ...words: readonly string[]
): Promise<readonly Record<string, unknown>[]> {
  const { stdout, stderr, code } = await firth([...words, '--json', '--data', project.data])
  assert.ok(code < 2, `${words.join(' ')}: ${stderr}`)
  return stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Record<string, unknown>)
}

export interface Wanted {
  readonly expected: Expected
  readonly merged: Merged
}

const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => a.localeCompare(b))

/** Waits until the far end holds what the messages come to, nothing of it twice. */
export async function assertHolds(
  base: string,
  { expected, merged }: Wanted,
  patience_ms = 240_000,
): Promise<void> {
  const until_ms = Date.now() + patience_ms
  for (;;) {
    const found = await held(base)
    assert.deepEqual(found.doubled, [], 'a resource stands at the far end twice')
    try {
      for (const goes of merged.keys()) found.patients.delete(goes)
      assert.deepEqual(sorted(found.patients), sorted(expected.patients))
      assert.deepEqual(sorted(found.visits), sorted(expected.visits))
      assert.deepEqual(sorted(found.reports), sorted(expected.reports))
      assert.deepEqual(sorted(await mergedAt(base)), sorted(merged))
      return
    } catch (cause) {
      if (Date.now() > until_ms) throw cause
      await delay(500)
    }
  }
}

interface Patient {
  readonly id: string
  readonly identifier?: readonly { readonly value?: string }[]
  readonly active?: boolean
  readonly link?: readonly { readonly type: string; readonly other: { reference?: string } }[]
}

/** Who went into whom, as the far end has it. */
async function mergedAt(base: string): Promise<Merged> {
  const all = (await allOf(base, 'Patient')) as unknown as Patient[]
  const mrn = (one: Patient | undefined) => one?.identifier?.[0]?.value ?? ''
  const gone = all.flatMap(one => {
    const link = one.link?.find(({ type }) => type === 'replaced-by')
    const stays = all.find(({ id }) => link?.other.reference === `Patient/${id}`)
    return one.active === false ? [[mrn(one), mrn(stays)] as const] : []
  })
  return new Map(gone)
}
