// Conservation through the whole path (design: G1, G3-G5): the real process dies at random moments
// under load, before a real FHIR server whose front dies, drops, answers late, twice or garbled,
// and hides what it wrote. Its log is the witness: every acknowledged message's state stands there
// once, in its patient's order. FIRTH_CRASH_MINUTES=60 goes on for an hour.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { seededRandom } from '../../src/kit/random.ts'
import {
  assertHolds,
  hospital,
  killAgain,
  linesOf,
  minutesOf,
  seedOf,
  until,
} from '../harness/conservation.ts'
import { firth, freePorts, type Running } from '../harness/engine.ts'
import { sendAll } from '../harness/sender.ts'
import { assertWitness } from '../harness/witness.ts'
import { emptyExpected, mergers, story } from '../harness/world.ts'
import { hapiMissing, startHapi } from '../peers/hapi_fhir/hapi_fhir.ts'
import { startMedplumProcess } from '../peers/medplum/process.ts'
import { UnkindFarEnd } from '../peers/unkind_far_end.ts'

const MOODS = {
  drops_before: 0.04,
  drops_after: 0.06,
  late: 0.04,
  answers_late: 0.04,
  twice: 0.04,
  busy: 0.04,
  garbled: 0.04,
}

async function play(t: TestContext, behind: string): Promise<void> {
  const seed = seedOf()
  const minutes = minutesOf()
  t.diagnostic(`FIRTH_SEED=${seed}`)
  const random = seededRandom(seed)
  const [port = 0] = await freePorts(1)
  const hides = { part: 0.2, ms_max: 800 }
  const far = await UnkindFarEnd.open({ behind, random, moods: MOODS, hides })
  const project = await hospital({
    port,
    targets: ['  chart:', `    fhir_r4: { base_url: "${far.base}" }`],
    routes: ['chart'],
  })
  let running: Running | undefined
  try {
    const wanted = { expected: emptyExpected(), merged: new Map<string, string>() }
    const rounds = Math.max(1, minutes * 4)
    const sent = [
      ...[1, 2, 3].map(sender => story(sender, 6 * rounds, wanted.expected)),
      mergers(4, 2 * rounds, wanted),
    ]
    const sending = Promise.all(sent.map(own => sendAll(own, { port, pause_ms: 250 })))
    const until_ms = minutes > 0 ? { until_ms: Date.now() + minutes * 60_000 } : {}
    const meanwhile = async (kill: number) => {
      if (kill !== 2) return
      const words = ['replay', '--topic', 'raw.harbor.feed', '--from', '0', '--to-target', 'chart']
      // An engine that has just begun to listen may not answer people yet.
      const ask = ['--name', 'again', '--data', project.data]
      await until('a replay has begun', async () => (await firth([...words, ...ask])).code === 0)
    }
    const done = await killAgain(project, { random, kills: 5, far, meanwhile, ...until_ms })
    running = done.running
    await sending
    far.isUnkind = false
    let queue: Awaited<ReturnType<typeof linesOf>> = []
    let mended_ms = Number.POSITIVE_INFINITY
    await until('nothing is under way', async () => {
      // What was in hand at several deaths by chance is tried again, as a person would.
      const dead = await linesOf(project, 'dead', 'list')
      if (dead.length > 0) mended_ms = Math.min(mended_ms, Date.now())
      if (dead.length > 0) t.diagnostic(`dead: ${dead.map(({ code }) => code).join(', ')}`)
      for (const { id } of dead) await linesOf(project, 'dead', 'retry', String(id))
      queue = await linesOf(project, 'queue')
      return queue.length === 0
    }).finally(() => {
      for (const one of queue) t.diagnostic(`waits: ${JSON.stringify(one)}`)
    })
    await assertHolds(behind, wanted)
    const { landings, creates } = await assertWitness(far.asked, { base: behind, mended_ms })
    const faults = far.asked.filter(({ mood }) => mood !== 'well').length
    const count = sent.flat().length
    t.diagnostic(
      `${count} messages, ${done.kills} kills, ${faults} faults in ${far.asked.length} calls`,
    )
    t.diagnostic(`${landings} writes landed, ${creates} of them made something`)
    assert.equal(await running.stop(), 0)
    const [report] = await linesOf(project, 'audit')
    assert.deepEqual(report?.problems, [])
  } finally {
    await running?.kill()
    await far.close()
    await project.remove()
  }
}

test('what was acknowledged stands once and in order at Medplum, whoever dies', async t => {
  const peer = await startMedplumProcess()
  try {
    await play(t, peer.base)
  } finally {
    await peer.stop()
  }
})

test('what was acknowledged stands once and in order at HAPI FHIR, whoever dies', {
  skip: hapiMissing(),
}, async t => {
  const peer = await startHapi()
  try {
    await play(t, peer.base)
  } finally {
    await peer.close()
  }
})
