/** What the operating system says of processes, whatever they are. */
import { readFileSync } from 'node:fs'

/** Of what /proc counts CPU time in, on every Linux there is (USER_HZ). */
const TICKS_A_SECOND = 100
/** The fields of /proc/PID/stat behind the name of the program, which may have blanks: user and system time. */
const [USER_TIME, SYSTEM_TIME] = [11, 12]

/** CPU time of all threads of this process so far; NaN where there is no /proc. */
export function cpuSecondsOfProcess(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) / TICKS_A_SECOND
  } catch {
    return Number.NaN
  }
}
