// Failures of writing back: targets, their adapters, and our own senders (stations 6 to 9).
import { entry } from './catalogue_entry.ts'

export const writeErrors = {
  operation_undeclared: entry(
    'The target does not declare this operation on this resource.',
    'denied',
    'AE',
    "See the target's profile; only what is declared there is ever sent.",
  ),
  intent_too_large: entry(
    'What would be written is larger than a record may be.',
    'fix',
    'AE',
    'Let the route write fewer resources, or the mapping leave out what the target does not need.',
  ),
  source_message_gone: entry(
    'The message that is to be forwarded is not kept any more.',
    'fix',
    'AE',
    'Retention took it before the event was routed; use `message: build` for such replays.',
  ),
  policy_silent: entry(
    "The target's policy does not name this class of write.",
    'denied',
    'AE',
    'Name the class, or `other`, in the policy of tenant.yaml, and start Firth with it.',
  ),
  target_refused: entry(
    'The target refused the record as wrong.',
    'fix',
    'AE',
    'The status and the issue codes of the answer stand in the dead letter.',
  ),
  target_version_conflict: entry(
    'The target holds a newer version than the one this write was based on.',
    'conflict',
    'AE',
    'Compare both, then retry or drop.',
  ),
  target_ambiguous: entry(
    'More than one resource of the target carries this identifier.',
    'fix',
    'AE',
    'Merge the doubled records at the target, then retry the dead letter.',
  ),
  target_reference_missing: entry(
    'A resource that this one refers to is not at the target.',
    'missing_dependency',
    'AE',
    'It waits until the other resource has been written.',
  ),
  target_throttled: entry(
    'The target asks to slow down.',
    'throttled',
    'AE',
    'It is tried again later.',
  ),
  target_transient: entry(
    'The target failed for now.',
    'transient',
    'AE',
    'It is tried again later.',
  ),
  target_auth: entry(
    'The target does not accept our credentials.',
    'auth',
    'AE',
    "Renew the target's credentials; nothing expires meanwhile.",
  ),
  target_misconfigured: entry(
    'The target cannot be used as it is configured.',
    'config',
    'AE',
    "Check the target's address and settings in tenant.yaml.",
  ),
  target_down: entry(
    'The target cannot be reached.',
    'target_down',
    'AE',
    'It is tried again by itself.',
  ),
  target_answer_unknown: entry(
    'The call may have reached the target, but no answer came.',
    'unknown',
    'AE',
    'It is verified by reading back before anything is sent again.',
  ),
  target_absent: entry(
    'The target does not hold what was written.',
    'conflict',
    'AE',
    'It never landed, or somebody removed it there; write it again, or drop it.',
  ),
  target_forbidden: entry(
    'The target does not allow this write.',
    'denied',
    'AE',
    'The scopes granted to us, or a rule of the target, forbid it; retry when that has changed.',
  ),
  target_answer_too_large: entry(
    'The answer of the target is larger than answer_bytes_max.',
    'fix',
    'AE',
    'Raise answer_bytes_max of the target.',
  ),
  target_mismatch: entry(
    'What the target holds differs from what was written.',
    'conflict',
    'AE',
    'The paths that differ are named; compare, then accept or write again.',
  ),
  delivery_exhausted: entry(
    'The write did not succeed within its time.',
    'fix',
    'AE',
    'See the last reason; retry the dead letter when it is mended.',
  ),
  adapter_failed: entry(
    'The adapter could not make a call of this intent.',
    'fix',
    'AE',
    'This is an error of the adapter; report it with the code and the resource type.',
  ),
  sender_closed: entry(
    'The sender is closing, so the message was not sent.',
    'transient',
    'AE',
    'It is sent after the next start.',
  ),
  sender_full: entry(
    'More messages wait for the connection than waiting_max allows.',
    'throttled',
    'AE',
    'The far end answers more slowly than messages come. They are sent later.',
  ),
} as const
