// What mutation starts from: messages written for this project, and the corpus of other projects'
// messages where it lies beside the repository or where FIRTH_CORPUS says.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const corpus =
  process.env.FIRTH_CORPUS ?? join(import.meta.dirname, '../../../shared/corpus')
export const hasCorpus = existsSync(corpus)

const own: readonly string[] = [
  'MSH|^~\\&|HIS|H^1.2.3^ISO|F||20260301||ADT^A01^ADT_A01|C1|P|2.5.1\rEVN|A01|20260301101500+0100\r' +
    'PID|1||4711^^^H&1.2.3&ISO^MR~9^^^SSA^SS||DOE&VAN^JANE^Q||19700115|F|||1 Road^^T^S^1||5550100\r' +
    'PV1|1|I|3W^301^A|R|||1^A^B|||MED|||||||1^A^B|INP|V1|||||||||||||||||||||||||20260301\r' +
    'AL1|1|DA|PEN^Penicillin^L|SV|Hives\rDG1|1||R07.9^Pain^I10||20260301|A\rZPI|1|a\\T\\b\r',
  'MSH|^~\\&#|LAB||||202603011015||ORU^R01^ORU_R01|C2|P|2.5.1||||||UNICODE UTF-8\rPID|1||A||Zoë^山\r' +
    'ORC|RE|1|2\rOBR|1|1|2|CBC^Count^L|||20260301\rNTE|1||one\\.br\\two\\H\\three\\N\\\r' +
    'OBX|1|NM|WBC^White^LN||7.5|10*3/uL|4-11|N|||F\rOBX|2|SN|X^Y^L||>^5||||||P\r' +
    'OBX|3|ED|D^Doc^L||^text^^Base64^QUJD||||||F\rOBX|4|CE|Z^Z^L||A^B^L~C^D^L||||||C\rSPM|1|S\r',
  'MSH#*@!%#HIS######ADT*A08#C3#P#2.3\rPID#1##A*B%C@D##E!F!G##19700101\rPV1#1#O\r',
  'FHS|^~\\&|F\rBHS|^~\\&|B|||||||||B1\rMSH|^~\\&|A||||||ADT^A03|1|P|2.4\rPID|1||A\rPV1|1|I\rBTS|1\rFTS|1\r',
  `MSH|^~\\&|HIS||||||ADT^A40|C4|P|2.5||||||~ISO IR87\rPID|1||A||\x1b$B;3ED\x1b(B^\\M2442\\;3\\C2842\\\rMRG|B\r`,
]

export function seeds(): readonly Buffer[] {
  const written = own.map((text, i) => Buffer.from(text, i === 1 ? 'utf8' : 'latin1'))
  return [...written, ...messagesIn(join(import.meta.dirname, '../corpus')), ...messagesIn(corpus)]
}

function messagesIn(folder: string): readonly Buffer[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.hl7'))
    .sort()
    .map(name => readFileSync(join(folder, name)))
    .filter(bytes => bytes.length < 10_000)
}
