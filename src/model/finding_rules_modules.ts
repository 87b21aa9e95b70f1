// Rules about mapping modules and tests: what a finding of each means, an example that has it, and
// what to do. Code, docs and `firth explain` read this one table.
import { type FindingRule, rule } from './finding_rule.ts'

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of YAML are shown.
export const moduleRules = {
  module_missing: rule(
    'error',
    'The mapping module that a channel names, or that another imports, is not there.',
    {
      example: 'transform: riverside/adt   # and no transforms/riverside/adt.ts',
      remedy: 'Write it, or use `transform: base`.',
    },
  ),
  module_syntax: rule('error', 'A module is no valid TypeScript.', {
    example: 'export default adt.extend({',
    remedy: 'Mend the line.',
  }),
  module_typescript: rule(
    'error',
    'A module uses TypeScript that leaves code behind: enums, namespaces, parameter properties, decorators.',
    {
      example: "enum Unit { Icu = '4' }",
      remedy: 'Write plain objects, fields and functions: Node only strips types.',
    },
  ),
  module_throws: rule('error', 'A module throws while it is loaded.', {
    example: "throw new Error('not yet')",
    remedy: 'Mend it, or move the work into a step.',
  }),
  module_endless: rule('error', 'A module does not come to the end of its loading.', {
    example: 'for (;;) {}',
    remedy: 'Look for a loop or an `await` outside of any function.',
  }),
  module_memory: rule('error', 'A module takes more memory than it may while it is loaded.', {
    example: "const all = 'x'.repeat(2 ** 29)",
    remedy: 'Compute less outside of functions, or split a large table.',
  }),
  module_died: rule('error', 'The process ended while the module was loaded.', {
    example: 'const deep = (): number => deep() + 1; deep()',
    remedy: 'Look for memory that grows without end, or for endless recursion.',
  }),
  module_state: rule(
    'warning',
    'A module keeps something from one message to the next, which makes events depend on their neighbours.',
    {
      example: 'const seen = new Set()   // and seen.add(…) in a step',
      remedy: 'Compute it from the message in hand.',
    },
  ),
  module_unused: rule(
    'warning',
    'A module is there, and neither a channel nor another module names it.',
    {
      example: 'transforms/riverside/old.ts',
      remedy: 'Name it under `transform`, import it, or remove it.',
    },
  ),
  mapping_missing: rule('error', 'A module has no default export.', {
    example: 'export const adt = …',
    remedy: 'Write `export default adt.extend({ … })`.',
  }),
  mapping_wrong: rule('error', 'The default export of a module is no mapping.', {
    example: 'export default {}',
    remedy: 'Write `export default adt.extend({ … })`, or defineMapping({ types, map }) of #sdk.',
  }),
  import_missing: rule('error', 'A module imports a file that is not there.', {
    example: "import { unit } from './unts.ts'",
    remedy: 'Correct the path; it ends in .ts.',
  }),
  import_outside: rule(
    'error',
    'A module imports what lies outside of its fence: a package, the engine, another tenant.',
    {
      example: "import fs from 'node:fs'",
      remedy: 'Import #sdk, #base and files of the own folder; a mapping is pure.',
    },
  ),
  import_name_missing: rule('error', 'A module imports a name that the other does not export.', {
    example: "import { codez } from '#sdk'",
    remedy: 'Export it there, or import another name.',
  }),
  import_circular: rule(
    'error',
    'Two modules import each other, and one uses the other before it has run.',
    {
      example: '// a.ts imports b.ts, b.ts imports a.ts',
      remedy: 'Move what both need into a third file.',
    },
  ),
  type_wrong: rule('error', 'The types of a module do not fit; TypeScript says how.', {
    example: 'patient.identifer.push({})',
    remedy: 'Mend the line.',
  }),
  table_unused: rule('warning', 'A code table is there, and no module reads it.', {
    example: 'transforms/riverside/old.csv',
    remedy: "Name it in a mapping: codes: { patientClass: codes('./patient_class.csv') }.",
  }),
  tests_missing: rule('warning', 'A channel that maps has no tests.', {
    example: 'channels/riverside/adt_in.yaml   # and no adt_in.test.yaml',
    remedy: 'Add <channel>.test.yaml: a message in, and what must come of it. firth test runs it.',
  }),
  duplicate_test: rule('error', 'Two tests of a channel have one name.', {
    example: 'tests: [{ name: admits }, { name: admits }]',
    remedy: 'Give each test a name of its own.',
  }),
  test_file_missing: rule('error', 'A test names a file that is not there.', {
    example: 'file: ./admt.hl7',
    remedy: 'Correct the path; it counts from the folder of the test file.',
  }),
  test_message: rule('error', 'A test has no message, or two.', {
    example: 'tests: [{ name: admits }]',
    remedy: 'Give it `message` or `file`, one of the two.',
  }),
  test_path: rule('error', 'A test expects something at a path that is none.', {
    example: 'resources: { Patient..name: x }',
    remedy: 'Correct the path.',
  }),
  test_characters: rule(
    'error',
    'The message of a test holds characters that the character set of its channel does not have.',
    {
      example: 'charset: 8859/1   # and a message in Japanese',
      remedy: 'Write the message in a file, in the bytes that the sender sends.',
    },
  ),
} as const satisfies Record<string, FindingRule>
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of YAML are shown.
