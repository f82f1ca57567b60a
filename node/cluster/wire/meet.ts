/**
 * The first that members say to each other: who they are, and in which formats they speak. It is JSON and not a frame, so
 * that members of all versions can read it; those before version 0.2 know of no such call.
 */
import { z } from 'zod'
import { Member } from '../../../shared/view.ts'
import { FORMATS } from './format.ts'

export const MEET_PATH = '/cluster/meet'
export const MEET_TYPE = 'application/json'

/** The question, and the answer. */
export const Introduction = z.object({
  id: Member.shape.id,
  incarnation: Member.shape.incarnation,
  version: z.string().max(64),
  formats: z.array(z.int()).min(1).max(16),
})
export type Introduction = z.infer<typeof Introduction>

/** How this member introduces itself. */
export function introductionOf({
  id,
  incarnation,
  version = UNKNOWN,
  formats = [...FORMATS],
}: Member): Introduction {
  return { id, incarnation, version, formats }
}

/** Of whoever does not tell it. */
export const UNKNOWN = 'unknown'
