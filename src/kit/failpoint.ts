// Named places where tests make the process die as by a power switch: FIRTH_FAILPOINT=name kills at
// the first pass, FIRTH_FAILPOINT=name:3 at the third. Without the variable a failpoint costs a
// comparison.

const [wanted, nth] = (process.env.FIRTH_FAILPOINT ?? '').split(':')
let passes = 0

export function failpoint(name: string): void {
  if (wanted === '' || name !== wanted) return
  passes += 1
  if (passes >= Number(nth ?? 1)) process.kill(process.pid, 'SIGKILL')
}
