/** Which processes a process has started, asked of the system and not of the process. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

export async function childrenOf(pid: number): Promise<number[]> {
  const parents = process.platform === 'linux' ? await parentsFromProc() : await parentsFromPs()
  return parents.filter(([, parent]) => parent === pid).map(([child]) => child)
}

/** Which of these still run. One that has ended counts as gone, whether or not its parent has taken note. */
export async function alive(pids: readonly number[]): Promise<number[]> {
  const running = await Promise.all(pids.map(isAlive))
  return pids.filter((_, index) => running[index])
}

async function isAlive(pid: number): Promise<boolean> {
  if (process.platform === 'linux') return /^State:\s+[^ZX]/m.test(await readStatus(pid))
  try {
    return process.kill(pid, 0)
  } catch {
    return false // Signal 0 only asks, and this is the answer.
  }
}

type Parents = [child: number, parent: number][]

/** Small Linux images have no ps. */
async function parentsFromProc(): Promise<Parents> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  return await Promise.all(
    pids.map(async (pid) => {
      const parent = /^PPid:\s+(\d+)/m.exec(await readStatus(Number(pid)))?.[1]
      return [Number(pid), Number(parent)] as [number, number]
    }),
  )
}

async function parentsFromPs(): Promise<Parents> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid='])
  return stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
}

/** Nothing, when there is no such process any more. */
function readStatus(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
}
