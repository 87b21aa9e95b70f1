// The state store of one machine: state.db in the data folder, through Node's own SQLite in a
// thread of its own. What a method resolved with is on the disk; calls made at the same time share
// one commit.
import { join } from 'node:path'
import { text } from '../../declare/field.ts'
import { defineStore } from '../../declare/room.ts'
import type { ActivationStore } from '../../model/activation.ts'
import type { DeadStore } from '../../model/dead_store.ts'
import { catalogue } from '../../model/errors.ts'
import type { KeepStore } from '../../model/keep_store.ts'
import type { PauseStore } from '../../model/pause_store.ts'
import { PATIENT_ROWS_MAX, type QueueStore } from '../../model/queue_store.ts'
import type { ReplayStore } from '../../model/replay_store.ts'
import type { SearchStore } from '../../model/search_store.ts'
import type { CrosswalkRow, Mark, Store } from '../../model/store.ts'
import { copyDatabase } from './copy.ts'
import { toAdmissionRecord, toLedgerMove, toLedgerRow } from './rows.ts'
import { openSearch } from './search/search.ts'
import { openThread, type Thread } from './thread.ts'

const MEMORY = ':memory:'
const SEARCH_FILE = 'search.db'

/** Marks that one transaction drops; more are dropped in several. */
const MARKS_DROPPED_MAX = 5_000

export const sqlite = defineStore({
  kind: 'sqlite',
  summary:
    'Keeps the ledger, duplicate marks, the crosswalk and cursors in one SQLite file of the data ' +
    'folder. What it has confirmed survives a crash and a power cut.',
  fields: {
    file: text({
      doc: 'Name of the file in the data folder, or :memory: for one that is forgotten at the end.',
      default: 'state.db',
      pattern: '^(:memory:|[A-Za-z0-9_.-]+)$',
    }),
  },
  example: { file: 'state.db' },
  lint: config =>
    config.file === MEMORY
      ? [
          {
            path: '/file',
            severity: 'warning',
            what: 'The state is forgotten when Firth stops, and writes may then be sent twice.',
            remedy: 'Leave file out, except for a try.',
          },
        ]
      : [],
  open: async (config, context) => {
    const file = config.file === MEMORY ? MEMORY : join(context.data, config.file)
    return storeOver(await openThread(file), file)
  },
  openSearch: ({ data, reader_module, signals }) =>
    openSearch({ file: join(data, SEARCH_FILE), data, reader_module }, signals),
})

/** What crosses to the thread is picked by name: callers may pass larger objects. */
const named = <T extends { readonly tenant: string; readonly target: string }>(of: T) => ({
  tenant: of.tenant,
  target: of.target,
})

function storeOver(thread: Thread, file: string): Store {
  const { epoch, call } = thread
  return {
    epoch,
    findMarks: keys => call('findMarks', keys),
    putMarks: (marks: readonly Mark[]) => call('putMarks', marks),
    dropMarksBefore: marked_at_ms => dropMarks(thread, marked_at_ms),
    admit: (admissions, at_ms) =>
      call('admit', admissions.map(toAdmissionRecord), { at_ms, epoch }),
    async claim(target, { now_ms, lease_ms, limit }) {
      const rows = await call('claim', named(target), { now_ms, lease_ms, limit, epoch })
      return rows.map(toLedgerRow)
    },
    move: moves => call('move', moves),
    decide: decision => call('decide', decision, epoch),
    async pageOfState(target, state, { after, limit }) {
      const [changed_at_ms = -1, place = -1] = after === '' ? [] : after.split(' ').map(Number)
      const of = { state, changed_at_ms, place, limit }
      const records = await call('pageOfState', named(target), of)
      const last = records.length < limit ? undefined : records.at(-1)
      const next = last && `${last.changed_at_ms} ${last.place}`
      return { rows: records.map(toLedgerRow), next }
    },
    async deadHolding(target, limit) {
      return (await call('deadHolding', named(target), limit)).map(toLedgerRow)
    },
    async approvals(intent_id) {
      const records = await call('approvals', intent_id)
      return records.map(({ by_name: by, ...record }) => ({ by, ...record }))
    },
    async overdue(target, now_ms, limit) {
      return (await call('overdue', named(target), { now_ms, limit })).map(toLedgerRow)
    },
    nextDue: target => call('nextDue', named(target)),
    async row(intent_id) {
      const record = await call('row', intent_id)
      return record && toLedgerRow(record)
    },
    rowsOfRaw: async raw_id => (await call('rowsOfRaw', raw_id)).map(toLedgerRow),
    async rowsInState(target, state, limit) {
      return (await call('rowsInState', named(target), { state, limit })).map(toLedgerRow)
    },
    newest: ({ tenant, target, resource_type, resource_id }) =>
      call('newest', { tenant, target, resource_type, resource_id }),
    async history(intent_id) {
      const moves = await call('history', intent_id)
      return moves.map(move => toLedgerMove(intent_id, move))
    },
    counts: () => call('counts'),
    known({ intent_id, resource_type, resource_id, ...of }, canonical) {
      const self = `${resource_type}/${resource_id}`
      return call('known', { ...named(of), intent_id, self }, canonical)
    },
    learn: (rows: readonly CrosswalkRow[]) => call('learn', rows),
    getCursor: name => call('getCursor', name),
    setCursor: (name, value) => call('setCursor', name, value),
    ...partsOver(thread),
    // What is forgotten at the end has no copy either.
    ...(file === MEMORY ? {} : { copyTo: (to: string) => copyDatabase(file, { to }) }),
    get trouble() {
      const code = thread.trouble
      return code && `${catalogue[code].message} ${catalogue[code].hint}`
    },
    close: () => thread.close(),
  }
}

type Parts = ActivationStore &
  ReplayStore &
  DeadStore &
  PauseStore &
  QueueStore &
  SearchStore &
  KeepStore

/** What the parts of the engine beside the ledger keep. */
function partsOver({ call, epoch }: Thread): Parts {
  return {
    activate: activation => call('activate', activation),
    active: () => call('active'),
    activations: of => call('activations', of),
    writesOf: raw_ids => call('writesOf', raw_ids),
    rawsInStates: of => call('rawsInStates', of),
    unknownIntents: intent_ids => call('unknownIntents', intent_ids),
    pause: one => call('pause', one),
    resume: one => call('resume', one),
    paused: () => call('paused'),
    heldBack: intent_ids => call('heldBack', intent_ids),
    async rowsOfPatient(target, patient) {
      const of = { patient, limit: PATIENT_ROWS_MAX }
      return (await call('rowsOfPatient', named(target), of)).map(toLedgerRow)
    },
    letterStates: ids => call('letterStates', ids),
    closeLetters: acts => call('closeLetters', acts, epoch),
    closedLetters: () => call('closedLetters'),
    outbox: limit => call('outbox', limit),
    clearOutbox: rows => call('clearOutbox', rows),
    putDeadJob: job => call('putDeadJob', job),
    deadJobs: limit => call('deadJobs', limit),
    makeReplay: (plan, sink_offset) => call('makeReplay', plan, sink_offset),
    replay: name => call('replay', name),
    replays: of => call('replays', of),
    stepReplay: (name, step) => call('stepReplay', name, step),
    turnReplay: (name, turn) => call('turnReplay', name, turn),
    replayWords: name => call('replayWords', name),
    lostEvents: (name, limit) => call('lostEvents', name, limit),
    unfinished: (tenant, limit) => call('unfinished', tenant, limit),
    letGoFinished: (tenant, before_ms, limit) =>
      call('letGoFinished', tenant, { before_ms, limit }),
    restored: of => call('restored', of),
  }
}

async function dropMarks({ call }: Thread, marked_at_ms: number): Promise<number> {
  let dropped = 0
  for (;;) {
    const count = await call('dropMarksBefore', marked_at_ms, MARKS_DROPPED_MAX)
    dropped += count
    if (count < MARKS_DROPPED_MAX) return dropped
  }
}
