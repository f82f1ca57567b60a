/** How many reads found something, whoever asked, whatever it spoke, and wherever the value is. */
import { Counter, type Registry } from 'prom-client'
import type { Reply } from '../shared/command.ts'
import { isLater } from '../shared/eventual.ts'
import type { Dispatch } from './dispatch.ts'

/** The same dispatch, whose reads of values are counted. */
export function countingReads(dispatch: Dispatch, registry: Registry): Dispatch {
  const counts = { hit: 0, miss: 0 }
  const note = (reply: Reply) => {
    counts[isHit(reply) ? 'hit' : 'miss']++
  }
  new Counter({
    name: 'larder_reads_total',
    help: 'Reads of values that were asked of this node, by whether there was one: hit or miss.',
    labelNames: ['result'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [result, count] of Object.entries(counts)) this.inc({ result }, count)
    },
  })
  return (caller, command, waitMs) => {
    const reply = dispatch(caller, command, waitMs)
    if (command.type !== 'value.get' && command.type !== 'value.describe') return reply
    // Who has asked does not wait for this, and is told what has failed.
    if (isLater(reply)) reply.then(note, () => {})
    else note(reply)
    return reply
  }
}

/** What the caller has already is there too. */
function isHit(reply: Reply): boolean {
  if (reply.type === 'value' || reply.type === 'description') return true
  return reply.type === 'mismatch' && reply.stamp !== undefined
}
