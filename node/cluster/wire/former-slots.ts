/**
 * What the holders of slots say to each other in format 3, in which nobody told what a copy is worth: whoever is asked for a
 * slot gives all that it has, and whatever comes is merged.
 *
 * A copy is `complete`, `former` where it was when its member last held the slot, or `unready`.
 */
import { z } from 'zod'
import type { Mirrored, Offer, SlotAnswer, SlotMessage, Wanted } from './slot-messages.ts'

const Slot = z.int().min(0)
const Wants = z.array(z.tuple([Slot, z.string()]))
const Offers = z.array(z.tuple([Slot, z.string(), z.boolean()]))

type Said = readonly [type: string, items: readonly unknown[]]

/** `undefined` for what is said as it is now. */
export function toFormer(message: SlotMessage): Said | undefined {
  switch (message.type) {
    case 'want':
    case 'mirror':
      return ['want', message.slots.map((row: Wanted | Mirrored) => row.slice(0, 2))]
    case 'mirrored':
      return ['offer', []] // There is nothing to be said.
    case 'offer':
      return ['offer', message.slots.map((row: Offer) => row.slice(0, 3))]
    default:
      return undefined
  }
}

/** `undefined` for what is said as it is now. @throws when it is none. */
export function ofFormer(type: unknown, items: readonly unknown[]): SlotMessage | undefined {
  if (type === 'want')
    return { type, isAnyway: true, slots: Wants.parse(items).map(([slot, digest]) => [slot, digest, 0]) }
  if (type === 'offer')
    return {
      type,
      slots: Offers.parse(items).map(([slot, digest, isGiven]) => [slot, digest, isGiven, 0, true]),
    }
  return undefined
}

export function toFormerAnswer(answer: SlotAnswer): string {
  if (answer === 'claim') return 'send'
  if (typeof answer === 'string') return answer
  return answer.asOf === Infinity ? 'complete' : answer.asOf > 0 ? 'former' : 'unready'
}

const WORTHS: Readonly<Record<string, number>> = { complete: Infinity, former: 0, unready: 0 }

/** `undefined` for what is said as it is now. */
export function ofFormerAnswer(field: unknown): SlotAnswer | undefined {
  const asOf = typeof field === 'string' ? WORTHS[field] : undefined
  return asOf === undefined ? undefined : { asOf, lapses: [], how: 'merged' }
}
