/** Both ends of what members say, at one moment: what is told and what is read have the same clocks. */
import * as execute from '../../../../node/cluster/wire/execute.ts'
import { FrameWriter } from '../../../../node/cluster/wire/frame.ts'
import type { Heard } from '../../../../node/cluster/wire/preamble.ts'
import * as slots from '../../../../node/cluster/wire/slots.ts'
import type { Now } from '../../../../node/cluster/wire/times.ts'

/** Some day in 2026. */
export const NOW: Now = { nowMs: 1_000_000, wallMs: 1_780_000_000_000 }

export const encodeRequest = (request: execute.ExecuteRequest, now = NOW) =>
  execute.encodeRequest(request, now)
export const decodeRequest = (bytes: Buffer, now = NOW) => said(execute.decodeRequest(bytes, now))
export const encodeResponse = (response: execute.ExecuteResponse, now = NOW) =>
  execute.encodeResponse(response, now)
export const decodeResponse = (bytes: Buffer, now = NOW) => said(execute.decodeResponse(bytes, now))
export const encodeSlotRequest = (request: slots.SlotRequest, now = NOW) =>
  slots.encodeSlotRequest(request, now)
export const decodeSlotRequest = (bytes: Buffer, now = NOW) => said(slots.decodeSlotRequest(bytes, now))
export const encodeSlotResponse = (response: slots.SlotResponse, now = NOW) =>
  slots.encodeSlotResponse(response, now)
export const decodeSlotResponse = (bytes: Buffer, now = NOW) => said(slots.decodeSlotResponse(bytes, now))
export const frameWriter = (format: number) => new FrameWriter(format, NOW)

/** The first fields of a head of the current format. */
export const HEAD = [1, [1, NOW.wallMs], null] as const

/** What was said, without when. */
function said<H extends Heard>({ wallMs: _, ...rest }: H): Omit<H, 'wallMs'> {
  return rest
}
