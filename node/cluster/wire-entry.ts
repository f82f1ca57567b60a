/** An entry as it travels between members: flat, and with its body on top, where a frame detaches it. */
import { z } from 'zod'
import type { Body } from '../../shared/command.ts'
import { SLOTS } from '../../shared/placement.ts'
import { counterOf, counterText } from '../entries/counter.ts'
import type { SlotEntry } from '../entries/entry.ts'
import { Reactions } from '../entries/reactions.ts'
import type { Register } from '../entries/register.ts'
import { DetachedBody } from './heads.ts'

const slot = z
  .int()
  .min(0)
  .max(SLOTS - 1)
const id = z.string().min(1)
/** JSON has no infinity: `null` is never. */
const EndsAtMs = z.number().nullable()

export const WireEntry = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('register'),
    slot,
    id,
    time: z.number(),
    origin: z.string(),
    endsAtMs: EndsAtMs,
    contentType: z.string().optional(),
    headers: z.record(z.string(), z.string()).optional(),
    body: DetachedBody.optional(),
  }),
  z.object({ kind: z.literal('counter'), slot, id, state: z.string() }),
  z.object({
    kind: z.literal('reactions'),
    slot,
    id,
    presences: z.array(z.tuple([z.string(), z.string(), z.number(), EndsAtMs, z.boolean()])),
  }),
])
export type WireEntry = z.infer<typeof WireEntry>

/** With its body, as the frame attaches it. */
export type WholeWireEntry = Exclude<WireEntry, WireRegister> | WholeWireRegister
type WireRegister = Extract<WireEntry, { kind: 'register' }>
type WholeWireRegister = Omit<WireRegister, 'body'> & { readonly body?: Body | undefined }

export function toWire({ slot, id, entry }: SlotEntry): object {
  switch (entry.kind) {
    case 'register': {
      const { stamp, value, endsAtMs } = entry
      return { kind: 'register', slot, id, ...stamp, endsAtMs: finite(endsAtMs), ...value }
    }
    case 'counter':
      return { kind: 'counter', slot, id, state: counterText(entry) }
    case 'reactions': {
      const presences = [...entry].map(({ reaction, user, time, endsAtMs, isGone }) => [
        reaction,
        user,
        time,
        finite(endsAtMs),
        isGone,
      ])
      return { kind: 'reactions', slot, id, presences }
    }
  }
}

/** @throws when a counter is not one. */
export function fromWire(wire: WholeWireEntry): SlotEntry {
  const { slot, id } = wire
  if (wire.kind === 'register') return { slot, id, entry: registerOf(wire) }
  if (wire.kind === 'counter') return { slot, id, entry: counterOf(wire.state) }
  const presences = wire.presences.map(([reaction, user, time, endsAtMs, isGone]) => ({
    reaction,
    user,
    time,
    endsAtMs: endsAtMs ?? Infinity,
    isGone,
  }))
  return { slot, id, entry: Reactions.ofAll(presences) }
}

function registerOf(wire: WholeWireRegister): Register {
  const { time, origin, endsAtMs, contentType, headers, body } = wire
  const register = { kind: 'register', stamp: { time, origin }, endsAtMs: endsAtMs ?? Infinity } as const
  if (contentType === undefined || body === undefined) return register
  return { ...register, value: { contentType, body, ...(headers && { headers }) } }
}

function finite(ms: number): number | null {
  return ms === Infinity ? null : ms
}

/** What entries take of a frame, at the most. */
export function bytesOfWire(entries: readonly SlotEntry[]): number {
  let bytes = 0
  for (const { id, entry } of entries) {
    bytes += 300 + 3 * id.length
    if (entry.kind === 'register') bytes += Buffer.byteLength(entry.value?.body ?? '')
    else if (entry.kind === 'counter') bytes += 100 * Object.keys(entry.tallies).length
    else for (const { reaction, user } of entry) bytes += 60 + 3 * (reaction.length + user.length)
  }
  return bytes
}
