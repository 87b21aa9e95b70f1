// Failures of messages: what cannot be one (station 1), and what cannot be mapped (stations 3 and
// 4).
import { entry } from './catalogue_entry.ts'

export const messageErrors = {
  frame_empty: entry(
    'The frame holds no bytes.',
    'fix',
    'AR',
    'Look at the sender: it frames nothing.',
  ),
  frame_not_hl7: entry(
    'The frame does not begin with MSH, FHS or BHS.',
    'fix',
    'AR',
    'Check that the sender speaks HL7 v2 on this port, and its character set (UTF-16 is refused).',
  ),
  frame_too_large: entry(
    'The frame is larger than frame_bytes_max.',
    'fix',
    'AR',
    'Raise frame_bytes_max of the source, or let the sender leave large documents out.',
  ),
  frame_abandoned: entry(
    'The frame ended without its end block: a new start block came.',
    'fix',
    'AR',
    'The sender or something between cut the message; it was never acknowledged, so it is sent again.',
  ),
  frame_cut_off: entry(
    'The connection ended or stalled in the middle of a frame.',
    'fix',
    'AR',
    'It was never acknowledged, so the sender sends it again. If it repeats, look at the network.',
  ),
  bytes_outside_frame: entry(
    'Bytes came outside of any frame.',
    'fix',
    'AR',
    'The sender does not frame by MLLP: each message needs 0x0B before it and 0x1C 0x0D after it.',
  ),
  msh_unreadable: entry(
    'MSH declares no usable delimiters.',
    'fix',
    'AR',
    'MSH-1 and MSH-2 must hold the field separator and the encoding characters, all different.',
  ),
  intake_failed: entry(
    'The message could not be taken in, so it is not acknowledged.',
    'transient',
    'AE',
    'This is an error of Firth itself; report it with the name of the error in the signal.',
  ),
  intake_full: entry(
    'More unfinished input waits in memory than unanswered_bytes_max allows.',
    'transient',
    'AE',
    'Many large messages come at once, or senders leave theirs unfinished. They are sent again.',
  ),
  message_type_unmapped: entry(
    'No mapping is known for this message type.',
    'fix',
    'AE',
    'Add it to the mapping, or leave it out with accept.messages in the channel.',
  ),
  message_unreadable: entry(
    'The message cannot be read as HL7 v2.',
    'fix',
    'AE',
    'See the place named in the dead letter; mend the message or the sender.',
  ),
  edit_refused: entry(
    'A message cannot be changed in this way.',
    'fix',
    'AE',
    'The facts name the place and the reason; mend the code that changes it.',
  ),
  value_unencodable: entry(
    'The character set of the message cannot hold a value.',
    'fix',
    'AE',
    'Name a set that can in MSH-18 (UNICODE UTF-8 holds everything), or leave the character out.',
  ),
  batch_too_large: entry(
    'The batch holds more messages than batch_messages_max.',
    'fix',
    'AE',
    'Let the sender cut it into several; the dead letter holds it whole.',
  ),
  batch_incomplete: entry(
    'The batch holds no message, though its trailer counts some.',
    'fix',
    'AE',
    'Look at what wrote the batch: its messages did not arrive.',
  ),
  segment_missing: entry(
    'The message lacks a segment that its type requires.',
    'fix',
    'AE',
    'The dead letter names the segment; mend the sender, or map this type in a module of your own.',
  ),
  mapping_failed: entry(
    'The mapping threw an error.',
    'fix',
    'AE',
    'Mend the mapping, deploy it, and retry the dead letter.',
  ),
  mapping_timeout: entry(
    'The mapping took longer than mapping_ms_max.',
    'fix',
    'AE',
    'Look for a loop in the mapping.',
  ),
  mapping_died: entry(
    'The process of the mapping ended while this message was in hand.',
    'fix',
    'AE',
    'Look for memory that grows without end in the mapping.',
  ),
  event_invalid: entry(
    'The mapping made an event that its schema refuses.',
    'fix',
    'AE',
    'The path in the dead letter names the element; mend the mapping.',
  ),
  event_too_large: entry(
    'The mapping made an event that is larger than a record may be.',
    'fix',
    'AE',
    'Leave large documents out of the event, or make several events of the message.',
  ),
  record_crashes: entry(
    'Firth ended each time when it worked on this record alone, so it is set aside.',
    'fix',
    'AE',
    'Report it with the signals of the last start; when Firth is mended, retry the dead letter.',
  ),
} as const
