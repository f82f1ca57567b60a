/** Who is in a set, read a page after the other, and how that is changed. */
import { andThen, type Eventual } from '../../shared/eventual.ts'
import { CHANGED_AT_ONCE_MAX, MEMBERSHIP, type PageEnd } from '../../shared/reaction-command.ts'
import { ReplyError } from './errors.ts'
import type { Call } from './row.ts'

const PAGE = 2000

/** How many there are. @throws LarderError WRONG_TYPE, now or later. */
export function sizeOf(call: Call, key: string): Eventual<number> {
  return andThen(call.send({ type: 'reaction.count', key, isSole: true }), (answer) =>
    answer.type === 'counts' ? (answer.counts[MEMBERSHIP] ?? 0) : 0,
  )
}

/** In their order; none where there is no set. @throws LarderError WRONG_TYPE. */
export async function* memberPagesOf(call: Call, key: string): AsyncGenerator<readonly string[], void> {
  for (let after: PageEnd | undefined; ; ) {
    const answer = await call.send({
      type: 'reaction.users',
      key,
      reaction: MEMBERSHIP,
      limit: PAGE,
      ...(after && { after }),
      isSole: true,
    })
    if (answer.type !== 'users') return
    yield answer.users[MEMBERSHIP] ?? []
    if (answer.next === undefined) return
    after = answer.next
    await call.execution.turns.pass()
  }
}

/** In their order; nobody where there is no set. @throws LarderError WRONG_TYPE, and where there is no room for all. */
export async function allMembersOf(call: Call, key: string): Promise<string[]> {
  const members: string[] = []
  for await (const page of memberPagesOf(call, key)) {
    call.execution.takeIn(page.reduce((sum, member) => sum + member.length, 0))
    members.push(...page)
  }
  return members
}

/** In one turn. @throws ReplyError for too many. */
export function change(
  key: string,
  { come = [], go = [] }: { come?: readonly string[]; go?: readonly string[] },
) {
  if (come.length + go.length > CHANGED_AT_ONCE_MAX)
    throw new ReplyError(`ERR at most ${CHANGED_AT_ONCE_MAX} members of a set come or go at once here`)
  return { type: 'reaction.change', key, reaction: MEMBERSHIP, come, go, isSole: true } as const
}
