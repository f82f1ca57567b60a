/** What a read may say: what was acknowledged before it began, or what was under way meanwhile. */
import type { Reply } from '../../shared/command.ts'
import { type Cell, isHeld, type Ledger, type Rules, type Sum } from './ledger.ts'

interface Sighted {
  readonly before: Rules & { readonly begun: number; readonly isBusy: boolean }
  readonly now: Rules
}

export function judgeCell(ledger: Ledger, cell: Cell, reply: Reply, sighted: Sighted): void {
  const state = reply.type === 'value' ? String(reply.body) : ''
  judgeState(ledger, cell, state, sighted)
}

export function judgeReaction(ledger: Ledger, cell: Cell, reply: Reply, sighted: Sighted): void {
  const users = reply.type === 'users' ? Object.values(reply.users).flat() : []
  for (const user of users)
    if (!ledger.cells.some((other) => other.key === cell.key && other.user === user))
      ledger.find(`${cell.key} has ${user}, who never reacted to it`)
  judgeState(ledger, cell, users.includes(cell.user ?? '') ? 'here' : '', sighted)
}

function judgeState(ledger: Ledger, cell: Cell, state: string, { before, now }: Sighted): void {
  if (!cell.states.has(state)) ledger.find(`${cell.name} is "${state}", which nobody wrote`)
  if (!isHeld(before, now) || before.isBusy || cell.begun !== before.begun) return
  if (!isPossible(cell, state, now))
    ledger.find(`${cell.name} was read as "${state}", and it is "${cell.possible.join('" or "')}"`)
}

/** What memory had no room for is missing, and never what it was before. */
export function isPossible(cell: Cell, state: string, { mayMiss }: Rules): boolean {
  return cell.possible.includes(state) || (mayMiss && cell.user === undefined && state === '')
}

export function judgeTotal(
  ledger: Ledger,
  sum: Sum,
  total: number,
  { before, now, by }: { before: Rules & { acked: number; seen: number }; now: Rules; by: number },
): void {
  if (total > sum.begun) ledger.find(`${sum.key} is ${total}, and no more than ${sum.begun} was ever added`)
  if (isHeld(before, now) && total < before.acked + by)
    ledger.find(`${sum.key} is ${total}, and ${before.acked + by} was acknowledged`)
  if (isHeld(before, now) && total < before.seen)
    ledger.find(`${sum.key} is ${total}, and was ${before.seen} before`)
  sum.seen = isHeld(before, now) ? Math.max(sum.seen, total) : sum.seen
}
