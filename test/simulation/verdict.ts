/** The end of a run: what every member says of every key, and whether all copies are the same. */
import { isDeepStrictEqual } from 'node:util'
import type { KeyCommand, Reply } from '../../shared/command.ts'
import { SLOTS } from '../../shared/placement.ts'
import { judgeAnswers } from './answers.ts'
import { ask } from './asking.ts'
import type { Life } from './life.ts'
import type { Stage } from './stage.ts'

const TRIES_MAX = 20
const RETRY_MS = 250

export async function judgeAll(stage: Stage): Promise<void> {
  const { world, fleet, ledger } = stage
  const endsByMs = Math.max(0, ...ledger.places.map(({ versions }) => versions.endsByMs))
  await world.pause(Math.max(0, endsByMs - world.nowMs))
  judgeViews(stage)
  judgeCopies(stage)
  for (const life of fleet.lives)
    await judgeAnswers(stage, life, (asked, command) => insist(stage, asked, command))
  // To read is to change nothing.
  judgeCopies(stage)
}

function judgeViews({ fleet, ledger }: Stage): void {
  const views = fleet.lives.map(({ member }) => member.members.placed?.view)
  if (views.length === 0 || !views.every((view) => isDeepStrictEqual(view, fleet.store.view)))
    ledger.find(`members go by different views: ${JSON.stringify(views)}`)
}

function judgeCopies({ fleet, ledger, rules }: Stage): void {
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
      const digest = rules.mayMiss ? `${counted}` : `${counted}.${cached}`
      digests.set(digest, [...(digests.get(digest) ?? []), incarnation])
    }
    if (digests.size > 1) ledger.find(`slot ${slot} differs: ${JSON.stringify([...digests])}`)
  }
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
