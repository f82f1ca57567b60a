/** Who is in a set, read a page after the other. */
import { MEMBERSHIP, type PageEnd } from '../../shared/reaction-command.ts'
import { ReplyError } from './errors.ts'
import type { Call } from './row.ts'

const PAGE = 2000

/** In their order; nobody where there is no set. @throws LarderError WRONG_TYPE, and where there is no room for all. */
export async function allMembersOf(call: Call, key: string): Promise<string[]> {
  const members: string[] = []
  for (let after: PageEnd | undefined; ; ) {
    const answer = await call.send({
      type: 'reaction.users',
      key,
      reaction: MEMBERSHIP,
      limit: PAGE,
      ...(after && { after }),
      isSole: true,
    })
    if (answer.type !== 'users') return members
    const page = answer.users[MEMBERSHIP] ?? []
    call.execution.takeIn(page.reduce((sum, member) => sum + member.length, 0))
    members.push(...page)
    if (answer.next === undefined) return members
    after = answer.next
    await call.execution.pass()
  }
}

/** More would take too long a turn. */
const CHANGED_AT_ONCE_MAX = 10_000

/** In one turn. @throws ReplyError for too many. */
export function change(
  key: string,
  { come = [], go = [] }: { come?: readonly string[]; go?: readonly string[] },
) {
  if (come.length + go.length > CHANGED_AT_ONCE_MAX)
    throw new ReplyError(`ERR at most ${CHANGED_AT_ONCE_MAX} members of a set come or go at once here`)
  return { type: 'reaction.change', key, reaction: MEMBERSHIP, come, go, isSole: true } as const
}
