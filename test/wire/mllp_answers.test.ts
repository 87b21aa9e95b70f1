// Answers of one connection: their order, their writes, and what a refusal does to those behind it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controlIds } from '../../src/codecs/hl7v2/ack.ts'
import { scanMsh } from '../../src/codecs/hl7v2/scan.ts'
import { seededRandom } from '../../src/kit/random.ts'
import { Answers, type Slot } from '../../src/wire/mllp_answers.ts'
import { ByteBudget } from '../../src/wire/mllp_limits.ts'
import { ManualClock, settled } from '../peers/manual_clock.ts'
import { message } from '../peers/raw_sender.ts'

function start() {
  const sent: string[] = []
  const unanswered = new ByteBudget(1_000)
  const answers = new Answers({
    clock: new ManualClock(),
    nextControlId: controlIds(seededRandom(1)),
    unanswered,
    send(ready) {
      const code = ({ answer }: Slot) =>
        /MSA\|(.*?)[|\r]/.exec(answer?.toString() ?? '')?.[1] ?? 'none'
      sent.push(ready.map(code).join(' '))
    },
  })
  const hold = (id = 'X', fields = {}) => answers.hold(10, scanMsh(message(id, fields)))
  return { answers, sent, unanswered, hold }
}

test('what is ready in one turn leaves in one write, in the order of arrival', async () => {
  const { answers, sent, hold } = start()
  const [a, b, c] = [hold(), hold(), hold()]
  answers.answer(c, 'accepted')
  answers.answer(a, 'accepted')
  answers.answer(b, 'rejected')
  await settled()
  assert.deepEqual(sent, ['AA AR AA'])
})

test('an answer waits for those before it', async () => {
  const { answers, sent, hold } = start()
  const [a, b] = [hold(), hold()]
  answers.answer(b, 'accepted')
  await settled()
  assert.deepEqual(sent, [''])
  answers.answer(a, 'error')
  await settled()
  assert.deepEqual(sent, ['', 'AE AA'])
})

test('what is in hand is counted here and for the process, until it is answered', async () => {
  const { answers, unanswered, hold } = start()
  const [a, b] = [hold(), hold()]
  assert.deepEqual([answers.length, answers.bytes, unanswered.taken], [2, 20, 20])
  answers.answer(b, 'accepted')
  await settled()
  assert.deepEqual([answers.length, answers.bytes, unanswered.taken], [2, 20, 20])
  answers.answer(a, 'accepted')
  await settled()
  assert.deepEqual([answers.length, answers.bytes, unanswered.taken], [0, 0, 0])
})

test('a refusal reaches all behind it, also those to be accepted, and none before', async () => {
  const { answers, sent, hold } = start()
  const [a, b, c, d] = [hold(), hold(), hold(), hold()]
  answers.answer(c, 'accepted')
  answers.refuseFrom(b, 'log_disk_full')
  answers.answer(d, 'accepted')
  answers.answer(a, 'accepted')
  await settled()
  assert.deepEqual(sent, ['AA AE AE AE'])
  answers.refuseFrom(a, 'log_disk_full')
  await settled()
  assert.deepEqual(sent.length, 1)
})

test('the first word about a frame stands', async () => {
  const { answers, sent, hold } = start()
  const a = hold()
  answers.answer(a, 'rejected')
  answers.answer(a, 'accepted')
  await settled()
  assert.deepEqual(sent, ['AR'])
})

test('a frame whose sender wants no answer keeps its place and leaves without one', async () => {
  const { answers, sent, hold } = start()
  const [a, b] = [hold('A', { 15: 'NE', 16: 'NE' }), hold()]
  answers.answer(b, 'accepted')
  answers.answer(a, 'accepted')
  await settled()
  assert.deepEqual(sent, ['none AA'])
  assert.equal(answers.length, 0)
})
