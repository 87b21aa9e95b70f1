// Failures of mapping modules: what is found when they are loaded, and what their process is ended
// for.
import { entry } from './catalogue_entry.ts'

export const mappingErrors = {
  code_table_missing: entry(
    'A code table that a mapping names cannot be read.',
    'fix',
    'AE',
    'Put the CSV file beside the module that names it, inside the folder of the tenant.',
  ),
  code_table_invalid: entry(
    'A code table is not one.',
    'fix',
    'AE',
    'See the line and column; the columns are code,target[,system][,display][,comment].',
  ),
  mapping_memory: entry(
    'The mapping took more memory than mapping_memory_mb_max.',
    'fix',
    'AE',
    'Look for a list or a text that grows without end in the mapping.',
  ),
  mapping_result_too_large: entry(
    'The mapping made more of one message than a result may hold.',
    'fix',
    'AE',
    'Look for a loop that makes events, resources or long texts.',
  ),
  mapping_answer_broken: entry(
    'The process of the mapping answered what no mapping answers.',
    'fix',
    'AE',
    'The module reached into the engine; look for what it does beside mapping.',
  ),
  extension_invalid: entry(
    'A mapping extends a step or a code slot that the base does not have.',
    'fix',
    'AE',
    'The steps and the slots are listed in transforms/base/README.md.',
  ),
} as const
