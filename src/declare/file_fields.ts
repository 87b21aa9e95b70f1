// Settings of a folder that files are put into, declared once: an adapter offers them to the
// analyst in tenant.yaml and hands them to its transport, which has the same fields.
import { text } from './field.ts'

export const fileFields = {
  folder: text({
    doc: 'Folder that the files are put into. It must be there: Firth makes none, so that a disk which is not mounted is noticed.',
    example: '/var/spool/registry',
  }),
  mode: text({
    doc: 'Rights of the files, in octal.',
    pattern: '^0?[0-7]{3}$',
    default: '640',
  }),
} as const
