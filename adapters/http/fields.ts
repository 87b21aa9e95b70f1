// Settings of a far end that is described in YAML alone: what is sent, how its answers are read,
// how what was sent is found again. Texts in braces are templates.
import { anything, type Config, choice, flag, group, httpFields, list, record, text } from '#sdk'

const PATH_EXAMPLE = '/tickets'

const places = {
  path: text({
    doc: 'Below base_url, with a query where one is needed; each value in it is encoded.',
    example: PATH_EXAMPLE,
  }),
  headers: record(text({ doc: 'Value of the header; a template.' }), {
    doc: 'Headers of this request beside those of the target.',
    default: {},
  }),
  body: anything({
    doc: 'What is sent: a group or list becomes JSON, each text in it a template; a text is sent as it is, its values encoded as the content-type says.',
    optional: true,
    example: { title: 'Discharge of {visit.value}', open: true },
  }),
  patient_in_url: flag({
    doc: 'Elements of the patient may stand in the path. Proxies and far ends write paths down.',
    default: false,
  }),
} as const

const writing = (usual: 'POST' | 'PATCH' | 'DELETE') => ({
  method: choice(['POST', 'PUT', 'PATCH', 'DELETE'], {
    doc: 'How it is sent.',
    default: usual,
  }),
  ...places,
})

const at = 'status, body.<path>, header.<name>'

export const fields = {
  ...httpFields,
  takes: choice(['event', 'resource'], {
    doc: 'What one request tells of: a whole event, or one resource of it.',
    default: 'event',
  }),
  request: group(writing('POST'), { doc: 'What is sent.' }),
  update: group(writing('PATCH'), {
    doc: 'What is sent instead where the target has it already, and its id is known: {target_id}.',
    optional: true,
  }),
  retract: group(writing('DELETE'), {
    doc: 'What takes it back. Left out: nothing is ever taken back there.',
    optional: true,
  }),
  id: text({
    doc: 'Where an answer names the id of what was made: location (its last segment), body.<path> or header.<name>.',
    pattern: '^(location|header\\.[A-Za-z0-9-]+|body(\\.[A-Za-z0-9_-]+)+)$',
    optional: true,
    example: 'body.ticket.id',
  }),
  idempotency_key: text({
    doc: 'Header by which the target knows a request again. It holds the id of the write, and after it which of its contents this is, from the second on.',
    pattern: '^[A-Za-z0-9-]+$',
    optional: true,
    example: 'Idempotency-Key',
  }),
  find: group(
    {
      method: choice(['GET', 'POST'], { doc: 'How it is asked.', default: 'GET' }),
      ...places,
      items: text({
        doc: 'Where the answer holds its list: body.<path>. Left out: the answer itself.',
        pattern: '^body(\\.[A-Za-z0-9_-]+)*$',
        default: 'body',
      }),
      where: record(text({ doc: 'What has to stand there, exactly; a template.' }), {
        doc: 'Path within an item and what stands there in ours and in no other.',
        example: { external_id: '{intent_id}' },
      }),
      id: text({
        doc: 'Path within an item to its id.',
        pattern: '^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$',
        example: 'id',
      }),
    },
    {
      doc: 'Finds what was made by a mark of ours, after a request whose answer never came. Its first page has to hold it.',
      optional: true,
    },
  ),
  verify: group(
    {
      path: places.path,
      headers: places.headers,
      patient_in_url: places.patient_in_url,
      expect: record(text({ doc: 'What has to stand there; a template.' }), {
        doc: 'Path within the answer and what has to stand there.',
        default: {},
      }),
    },
    {
      doc: 'Reads back what was written, by {target_id}. Left out: the answer is all the proof.',
      optional: true,
    },
  ),
  outcomes: list(
    group(
      {
        when: text({
          doc: `Condition over ${at}, as in routes.`,
          example: 'status = 200 and body.success = false',
        }),
        outcome: choice(
          [
            ...(['ok', 'already_applied', 'fix', 'conflict', 'denied', 'throttled'] as const),
            ...(['transient', 'missing_dependency', 'auth', 'config'] as const),
            ...(['target_down', 'unknown'] as const),
          ],
          { doc: 'What such an answer means.' },
        ),
      },
      { doc: 'What one answer means.' },
    ),
    {
      doc: 'What answers mean, the first that holds; otherwise the status decides.',
      default: [],
    },
  ),
} as const

export type HttpConfig = Config<typeof fields>
export type Writing = HttpConfig['request']
export type Finding = NonNullable<HttpConfig['find']>
export type Verifying = NonNullable<HttpConfig['verify']>
