/** What the machine lets this process have, and what of a memory budget can be carried by it. */
import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'

export interface Machine {
  /** How large the heap may become, in bytes; beyond it the process ends. */
  readonly heapBytes: number
  /** What the process may have in all: the memory of the machine, or of the container, as its cgroup says. */
  readonly processBytes: number
}

/** One that carries whatever it is asked to. */
export const UNBOUNDED: Machine = { heapBytes: Infinity, processBytes: Infinity }

export function thisMachine(): Machine {
  const constrained = process.constrainedMemory()
  const processBytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
  return { heapBytes: getHeapStatistics().heap_size_limit, processBytes }
}

const MIB = 2 ** 20
/** What the heap of a node needs that stores nothing, with what is under way. */
const HEAP_BASE_BYTES = 64 * MIB
/** Of the rest so much may be in use all the time, or the garbage collector would do nothing else. */
const HEAP_LOAD_MAX = 0.7

/**
 * What is resident of a node whatever it stores, with what is under way and not yet collected, and of each byte that is
 * stored, at the most: measured with `./scripts/bench.sh budget`.
 */
const RESIDENT_BASE_BYTES = 290 * MIB
const RESIDENT_FACTOR = 1.5

/** How much of what is stored may lie on the heap: counters, reactions, and all of a response but its body. */
export function heapBytesFor({ heapBytes }: Machine): number {
  return Math.max(0, (heapBytes - HEAP_BASE_BYTES) * HEAP_LOAD_MAX)
}

/** Why the machine cannot carry a budget, in words: nothing where it can. */
export function shortcomingsOf(machine: Machine, bytesMax: number): string[] {
  const problems: string[] = []
  const onHeap = heapBytesFor(machine)
  if (onHeap < bytesMax)
    problems.push(
      `MAX_BYTES is ${mib(bytesMax)}, and a heap of ${mib(machine.heapBytes)} carries ${mib(onHeap)} of counters, reactions ` +
        'and responses: beyond it writes of these are refused with MEMORY_FULL. A larger heap: NODE_OPTIONS=--max-old-space-size',
    )
  const resident = RESIDENT_BASE_BYTES + bytesMax * RESIDENT_FACTOR
  if (resident > machine.processBytes)
    problems.push(
      `MAX_BYTES is ${mib(bytesMax)}, with which the process may come to ${mib(resident)}, and it may have ` +
        `${mib(machine.processBytes)}: the system may end it before anything is evicted. Set MAX_BYTES lower`,
    )
  return problems
}

function mib(bytes: number): string {
  return `${Math.floor(bytes / MIB)} MiB`
}
