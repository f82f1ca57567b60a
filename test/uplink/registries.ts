/** Registries for tests: made by hand, and any that steps can lead to. */
import fc from 'fast-check'
import type { Member } from '../../shared/view.ts'
import { giveUp, hear } from '../../uplink/past.ts'
import { adopt, EMPTY, join, leave, memberOf, type Registry } from '../../uplink/registry.ts'

export const member = (id: string, life = 1, since?: number): Member => ({
  id,
  incarnation: `${id}-${life}`,
  url: `http://${id}:4000`,
  ...(since !== undefined && { since }),
})
export const leaving = (one: Member): Member => ({ ...one, leaving: true })
export const registered = (...members: Member[]) =>
  members.reduce((made, each) => join(made, each, undefined), EMPTY)

const anyId = fc.constantFrom('a', 'b', 'c:4000', '[::1]:1')
const anyMember = fc.record({
  id: anyId,
  life: fc.integer({ min: 1, max: 3 }),
  isLeaving: fc.boolean(),
})
const asked = ({ id, life, isLeaving }: { id: string; life: number; isLeaving: boolean }) =>
  isLeaving ? leaving(member(id, life)) : member(id, life)
export const anyLast = fc.record({
  epoch: fc.integer({ min: 1, max: 400 }),
  copies: fc.integer({ min: 1, max: 3 }),
  members: fc.uniqueArray(anyId, { minLength: 1 }),
})
export type Step = (registry: Registry) => Registry
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  anyMember.map(
    (any): Step =>
      (now) =>
        join(now, asked(any), memberOf(now, any.id)),
  ),
  anyMember.map(
    ({ id, life }): Step =>
      (now) =>
        leave(now, id, `${id}-${life}`),
  ),
  fc
    .record({ epoch: fc.nat(20), members: fc.array(anyMember, { maxLength: 4 }) })
    .map(({ epoch, members }): Step => {
      const told = { epoch, members: members.map(asked) }
      return (now) => adopt(now, told)
    }),
  anyLast.map(
    (last): Step =>
      (now) =>
        hear(now, last),
  ),
  anyId.map(
    (id): Step =>
      (now) =>
        giveUp(now, id),
  ),
)
export const anyRegistry = fc.array(anyStep).map((steps) => steps.reduce((made, step) => step(made), EMPTY))
