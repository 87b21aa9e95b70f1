// Failures of mapping modules: what is found when they are loaded.
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
  extension_invalid: entry(
    'A mapping extends a step or a code slot that the base does not have.',
    'fix',
    'AE',
    'transforms/base/README.md lists the steps and the slots.',
  ),
} as const
