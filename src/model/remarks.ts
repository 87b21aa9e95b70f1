// What the base mappings and the codec remark on a message that goes on: the codes of findings,
// with what each means and what helps. For `firth explain`; a test holds it to the code.

/** Code → what it says, and what helps. `segment_missing` is an error code as well. */
export const remarks: Readonly<Record<string, readonly [says: string, helps: string]>> = {
  attachment_unreadable: [
    'A document in OBX-5 is not in the encoding that it names; it is left out.',
    'Look at ED-4 of the sender.',
  ],
  batch_count: [
    'A batch or a file holds another number of parts than its trailer says.',
    'Ask the sender whether something is lost; what came is mapped.',
  ],
  batch_stray: [
    'Lines stand outside of any message of a batch; they are kept in the raw record only.',
    'Look at the batch at the sender.',
  ],
  batch_unclosed: [
    'A batch ends without BTS, or a file without FTS.',
    'Ask the sender whether it was cut off; what came is mapped.',
  ],
  charset_contradicted: [
    'The bytes are in another character set than MSH-18 names.',
    'Write `charset` into the channel, or let the sender mend MSH-18.',
  ],
  charset_guessed: [
    'MSH-18 names no character set and the bytes are not UTF-8, so the set is a guess.',
    'Write `charset` into the channel.',
  ],
  charset_undecodable: [
    'Bytes have no meaning in the character set; each stands as U+FFFD.',
    'Write the right `charset` into the channel.',
  ],
  charset_unknown: [
    'MSH-18 names a character set that is not known.',
    'Write `charset` into the channel.',
  ],
  code_unmapped: [
    'A code is in no table of its slot: neither in one of the tenant nor in the official map.',
    "Give it a row in a CSV of the tenant: codes: { patientClass: codes('./patient_class.csv') }.",
  ],
  concept_empty: [
    'A coded field holds neither a code nor a text.',
    'Nothing is lost; see the sender.',
  ],
  escape_formatting: [
    'A text holds an escape for its layout, such as \\H\\; the layout is left out, the words stay.',
    'Nothing needs to be done.',
  ],
  escape_kept: [
    'An escape sequence is unknown or has no end; it stands in the text as it came.',
    'Look at how the sender escapes.',
  ],
  merge_with_itself: ['MRG names the patient of PID itself; no link is made.', 'See the sender.'],
  participation_removed: [
    'ROL takes a participation back; it is not in the event.',
    'Nothing needs to be done.',
  ],
  participation_unmapped: [
    'R4 has no place for this role of PRT.',
    'A step of the tenant may put it into an extension.',
  ],
  patient_unidentified: [
    'No identifier of the patient stands in PID-3 or MRG-1.',
    'Without one nothing can be found at a target; see the sender.',
  ],
  period_reversed: [
    'The end of a time comes before its start; the end is left out.',
    'See the sender.',
  ],
  required_missing: [
    'A result or a report has no code, which FHIR requires; it says that it is unknown.',
    'See OBX-3 or OBR-4 of the sender.',
  ],
  result_empty: ['The message carries neither a report nor a result.', 'See the sender.'],
  segment_missing: [
    'A segment is missing that the event asks for; what the others say is mapped.',
    'See the sender.',
  ],
  segment_unmapped: [
    'The mapping does not read this segment, or R4 has no place for it.',
    "A step of the tenant may read it: message.text('ZPI-2').",
  ],
  time_invalid: ['A time is none, and is left out.', 'See the sender.'],
  time_odd: [
    'A time was read although it is not written as HL7 says.',
    'Nothing needs to be done.',
  ],
  time_too_coarse: [
    'An instant needs hours and minutes, and the message has only a day; it is left out.',
    'See the sender.',
  ],
  value_deleted: [
    'The sender asks by "" that a value be removed at the target.',
    'See what the target does with it.',
  ],
  value_kept_as_text: [
    'A value does not fit its type (OBX-2); it goes out as text, whole.',
    'Let the sender mend OBX-2, or read it in a step.',
  ],
  visit_unidentified: [
    'No number of the visit stands in PV1-19.',
    'Let the sender number visits; else two messages of a visit may not meet.',
  ],
}
