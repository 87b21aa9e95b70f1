// Written facts for the adapter's README: the language of templates, what answers mean, and three
// far ends to copy. A test checks each example as a tenant's file would be.
import { templateFields, templateFilters } from '#sdk'

const rows = (words: Readonly<Record<string, string>>): string =>
  Object.entries(words)
    .map(([name, what]) => `| \`${name}\` | ${what} |`)
    .join('\n')

const templates = `## Templates

A text in \`path\`, \`headers\`, \`body\`, \`where\` and \`expect\` may hold paths in braces. In
YAML it stands in quotes, because a brace alone begins a group of keys. \`{{\` and \`}}\` are
braces as they stand.

\`\`\`
{Patient.name[0].family}                      an element of the first Patient of the event
{Encounter[1].status}                         of its second Encounter
{Patient.identifier[system="urn:x"].value}    of the first identifier of that system
{Encounter.period.end | date("DD.MM.YYYY")}   through a filter
{Encounter.period.end | "not yet"}            or a default; without it, a dead letter
\`\`\`

Where no position is given, the first of a list is meant. In a body of groups and lists a
template that is the whole text keeps the type of its value: a number stays a number, an element
an element. Everywhere else a value becomes text, encoded for its place: a path and a form by
percent signs, JSON and XML by their escapes. A header takes one line of ASCII; a value that has
more is a dead letter, never another header. Nothing is counted, joined or calculated here: a
mapping does that.

| name | what it is |
| --- | --- |
${rows(templateFields)}

| filter | what it does |
| --- | --- |
${rows(templateFilters)}`

const answers = `## What answers mean

The first rule of \`outcomes\` that holds decides. Its names are \`status\`, \`header.<name>\`
and \`body.<path>\`; lists in a body are looked through. Without a rule (RFC 9110):

| answer | outcome |
| --- | --- |
| 2xx | ok; without the id that \`id\` points at: unknown |
| 400, 413, 422, any other 4xx | fix: a dead letter |
| 401, 407 | auth: the target pauses |
| 403 | denied |
| 404, 410 | missing_dependency where the path holds a template, else config |
| 405, 406, 415, 501, 3xx | config: the target pauses |
| 408, 425, 503 | transient; Retry-After is kept |
| 409, 412, 428 | conflict |
| 429 | throttled; Retry-After is kept |
| 303, any other 5xx, no answer | unknown: the request may have landed |

**What may have landed is never sent again blindly.** With \`idempotency_key\` the same request
goes out under the same key (\`on_unknown: resend_same_id\`): name it only where the far end
promises to know the key again. With \`find\` the far end is asked for our mark first
(\`verify\`). With neither, a person decides (\`hold\`).

**What stands there is changed by \`update\` only.** An event of a resource whose id is known
goes out as \`update\`; without it a \`create\` is left alone, a PUT is sent again, and anything
else is denied. A far end that tells no ids is told of a correction by another request, as a
person would do.`

const chat = `targets:
  ward_chat:
    http:
      base_url: https://hooks.example.org
      auth: { bearer: { token_file: /run/secrets/chat_token } }
      takes: event
      request:
        path: /api/chat.postMessage
        body:
          channel: ward-2n
          text: >-
            Discharged: visit {visit.value | markup},
            {Encounter.period.end | date("DD.MM. HH:mm") | "time unknown"}
      outcomes:
        - { when: 'body.error in [rate_limited, ratelimited]', outcome: throttled }
        - { when: 'body.error in [invalid_auth, token_revoked]', outcome: auth }
        - { when: 'body.ok = false', outcome: fix }
    on_unknown: hold`

const ticket = `targets:
  service_desk:
    http:
      base_url: https://tickets.example.org/api/v2
      auth: { basic: { user: firth, password: "\${DESK_PASSWORD}" } }
      takes: event
      idempotency_key: Idempotency-Key
      request:
        path: /tickets
        body:
          subject: Bed to be cleaned after visit {visit.value}
          external_id: "{intent_id}"
          priority: 2
          custom:
            ward: '{Encounter.location[0].location.display | "unknown"}'
            bed_free_at: "{Encounter.period.end | omit}"
      id: body.ticket.id
      update:
        method: PUT
        path: /tickets/{target_id}
        body: { subject: "Bed to be cleaned after visit {visit.value}" }
      find:
        path: /tickets?external_id={intent_id}
        items: body.tickets
        where: { external_id: "{intent_id}" }
        id: id
      verify:
        path: /tickets/{target_id}
        expect: { ticket.subject: "Bed to be cleaned after visit {visit.value}" }
    on_unknown: verify`

const crm = `targets:
  crm:
    http:
      base_url: https://crm.example.org/v3
      auth:
        client_credentials:
          token_url: https://crm.example.org/oauth/token
          client_id: firth
          client_secret_file: /run/secrets/crm
      takes: resource
      request:
        path: /contacts
        body:
          properties:
            hospital_number: '{Patient.identifier[system="urn:oid:2.999.1"].value}'
            last_name: "{Patient.name[0].family}"
            first_name: "{Patient.name[0].given[0] | omit}"
            email: '{Patient.telecom[system="email"].value | omit}'
      id: body.id
      update:
        path: /contacts/{target_id}
        body:
          properties:
            last_name: "{Patient.name[0].family}"
            first_name: "{Patient.name[0].given[0] | omit}"
      find:
        method: POST
        path: /contacts/search
        body:
          property: hospital_number
          value: '{Patient.identifier[system="urn:oid:2.999.1"].value}'
        items: body.results
        where:
          properties.hospital_number: '{Patient.identifier[system="urn:oid:2.999.1"].value}'
        id: id
      verify:
        path: /contacts/{target_id}
        expect: { properties.last_name: "{Patient.name[0].family}" }
      outcomes:
        # It is there already: \`find\` learns its id.
        - { when: status = 409, outcome: unknown }
    on_unknown: verify`

const fenced = (yaml: string) => `\`\`\`yaml\n${yaml}\n\`\`\``

export const notes = `${templates}

${answers}

## A chat

It tells no id and knows no key, and answers 200 whatever happens: rules over the body say what
it meant. Whether a message that was cut off stands there, a person sees.

${fenced(chat)}

## A ticket system

It tells the id of a ticket, finds one by a mark of ours, and knows a key again.

${fenced(ticket)}

## A CRM

One contact for each patient, changed by later events; routes lead to it
with \`write: { resource: Patient }\`. What may have landed is looked for by the hospital's number,
in the body of a search, never in a URL.

${fenced(crm)}`
