/** The end of a run: what every member says of every key, and whether all copies are the same. */
import type { KeyCommand, Reply } from '../../shared/command.ts'
import { SLOTS } from '../../shared/placement.ts'
import { ask } from './asking.ts'
import { REACTION, USERS_MAX } from './clients.ts'
import type { Cell, Sum } from './ledger.ts'
import type { Life } from './life.ts'
import type { Stage } from './stage.ts'

const TRIES_MAX = 20
const RETRY_MS = 250

export async function judgeAll(stage: Stage): Promise<void> {
  judgeViews(stage)
  judgeCopies(stage)
  const { ledger, fleet } = stage
  for (const life of fleet.lives) {
    await Promise.all([
      ...ledger.sums.map((sum) => judgeSum(stage, life, sum)),
      ...ledger.cells.filter(({ user }) => user === undefined).map((cell) => judgeValue(stage, life, cell)),
      ...[
        ...Map.groupBy(
          ledger.cells.filter(({ user }) => user !== undefined),
          ({ key }) => key,
        ),
      ].map(([content, cells]) => judgeContent(stage, life, content, cells)),
    ])
  }
  // To read is to change nothing.
  judgeCopies(stage)
}

function judgeViews({ fleet, ledger }: Stage): void {
  const views = new Set(fleet.lives.map(({ member }) => JSON.stringify(member.members.placed?.view)))
  if (views.size !== 1 || !views.has(JSON.stringify(fleet.uplink.view)))
    ledger.find(`members go by different views: ${[...views].join(' and ')}`)
}

function judgeCopies({ fleet, ledger }: Stage): void {
  const [first] = fleet.lives
  const placed = first?.member.members.placed
  for (let slot = 0; slot < SLOTS; slot++) {
    const holders = placed?.holdersOf(slot).map(({ incarnation }) => incarnation) ?? []
    const digests = new Map<string, string[]>()
    for (const { incarnation, member } of fleet.lives) {
      if (!holders.includes(incarnation)) {
        if (member.memory.slots.holds(slot))
          ledger.find(`${incarnation} holds slot ${slot}, which is not its own`)
        continue
      }
      // What only remembers that something is gone each forgets, and may lack, by itself.
      const [counted, cached] = member.memory.slots.digestOf(slot).split('.')
      const digest = `${counted}.${cached}`
      digests.set(digest, [...(digests.get(digest) ?? []), incarnation])
    }
    if (digests.size > 1) ledger.find(`slot ${slot} differs: ${JSON.stringify([...digests])}`)
  }
}

async function judgeSum(stage: Stage, life: Life, sum: Sum): Promise<void> {
  const reply = await insist(stage, life, { type: 'counter.get', key: sum.key })
  const total = reply?.type === 'total' ? Number(reply.value) : 0
  const least = stage.rules.isLossless ? sum.acked : 0
  if (total < least || total > sum.begun)
    stage.ledger.find(
      `in the end ${sum.key} is ${total} through ${life.id}, not between ${least} and ${sum.begun}`,
    )
}

async function judgeValue(stage: Stage, life: Life, cell: Cell): Promise<void> {
  const reply = await insist(stage, life, { type: 'value.get', key: cell.key })
  judgeState(stage, life, cell, reply?.type === 'value' ? String(reply.body) : '')
}

async function judgeContent(
  stage: Stage,
  life: Life,
  content: string,
  cells: readonly Cell[],
): Promise<void> {
  const reply = await insist(stage, life, { type: 'reaction.users', key: content, limit: USERS_MAX })
  const users = (reply?.type === 'users' && reply.users[REACTION]) || []
  for (const user of users)
    if (!cells.some((cell) => cell.user === user))
      stage.ledger.find(`in the end ${content} has ${user}, who never reacted to it`)
  for (const cell of cells) judgeState(stage, life, cell, users.includes(cell.user ?? '') ? 'here' : '')
}

function judgeState({ rules, ledger }: Stage, life: Life, cell: Cell, state: string): void {
  const possible = rules.isLossless ? cell.possible : [...cell.states]
  if (!possible.includes(state))
    ledger.find(`in the end ${cell.name} is "${state}" through ${life.id}, not "${possible.join('" or "')}"`)
}

/** All is well by now, so there has to be an answer. */
async function insist(stage: Stage, life: Life, command: KeyCommand): Promise<Reply | undefined> {
  let last = ''
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const result = await ask(stage, life, command)
    if ('reply' in result) return result.reply
    last = JSON.stringify(result)
    await stage.world.pause(RETRY_MS)
  }
  stage.ledger.find(`in the end ${command.type} ${command.key} has no answer through ${life.id}: ${last}`)
  return undefined
}
