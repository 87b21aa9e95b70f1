// Why a replay is refused, or cannot go on.
import { entry } from './catalogue_entry.ts'

export const replayErrors = {
  replay_name_used: entry(
    'Another replay has this name.',
    'config',
    'AE',
    'Give it a name of its own; firth replay list shows those that there are.',
  ),
  replay_unknown: entry(
    'There is no replay of this name.',
    'config',
    'AE',
    'firth replay list shows those that there are.',
  ),
  replay_not_turned: entry(
    'The replay is not in a state for this.',
    'config',
    'AE',
    'A running one can be paused, a paused one resumed; what is done or cancelled stays so.',
  ),
  replay_topic_wrong: entry(
    'This topic cannot be replayed.',
    'config',
    'AE',
    'Name a raw, canonical or outbound topic of a tenant that runs; firth log topics lists them.',
  ),
  replay_span_empty: entry(
    'The span holds no record.',
    'config',
    'AE',
    'Compare --from and --to with what firth log topics says of the topic.',
  ),
  replay_trimmed: entry(
    'A part of the span is not kept any more.',
    'config',
    'AE',
    'Begin at the first record that is kept; older ones come from a backup.',
  ),
  replay_beyond_ledger: entry(
    'The ledger does not know what was written in this span, so it could be written twice.',
    'denied',
    'AE',
    'Begin behind the position that is named, or replay without --to-target.',
  ),
  replay_target_unknown: entry(
    'The tenant has no such target, or the topic does not lead to it.',
    'config',
    'AE',
    'Name targets of tenant.yaml as it runs; of an outbound topic its own one.',
  ),
  replay_too_many: entry(
    'As many replays run as may at the same time.',
    'throttled',
    'AE',
    'Wait for one to end, or pause one.',
  ),
  replay_too_wide: entry(
    'More events were made anew since than one replay can keep in mind.',
    'fix',
    'AE',
    'Replay a shorter span, or the raw topic instead.',
  ),
} as const
