// Named places where tests make the process die as by a power switch: FIRTH_FAILPOINT=name kills at
// the first pass, FIRTH_FAILPOINT=name:3 at the third, FIRTH_FAILPOINT=name@what at every pass with
// this thing in hand. Without the variable a failpoint costs a comparison.

const [place = '', ...named] = (process.env.FIRTH_FAILPOINT ?? '').split('@')
const what = named.length === 0 ? undefined : named.join('@')
const [wanted, nth] = place.split(':')
let passes = 0

export function failpoint(name: string, inHand?: string): void {
  if (wanted === '' || name !== wanted) return
  if (what !== undefined && what !== inHand) return
  passes += 1
  if (what !== undefined || passes >= Number(nth ?? 1)) process.kill(process.pid, 'SIGKILL')
}
