/** A look at everything through every member, while nobody writes: is it what the clients know of? */
import { pause, systemClock } from '../../shared/clock.ts'
import type { Once } from './client.ts'
import type { Random } from './random.ts'
import type { Item } from './records.ts'
import { send } from './requests.ts'
import type { Verdict } from './verdict.ts'

const WORKERS = 12
const ATTEMPTS_MAX = 10
const RETRY_MS = 200
const SECOND_LOOK_MS = 1000

export interface Asked {
  readonly items: readonly Item[]
  /** Where the members are, by their ids. */
  readonly urls: ReadonlyMap<string, string>
  readonly verdict: Verdict
  /** What is still on its way when all should be quiet gets this long, and is told all the same. */
  readonly secondLookMs?: number
}

/** @returns what is there, where that is known. */
export async function checkAll(asked: Asked): Promise<ReadonlyMap<Item, string>> {
  const rest = [...asked.items]
  const states = new Map<Item, string>()
  const work = async () => {
    for (let item = rest.pop(); item !== undefined; item = rest.pop()) {
      const state = await checkOne(item, asked)
      if (state !== undefined) states.set(item, state)
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, work))
  return states
}

/** @returns what is there, where nothing is wrong with it. */
async function checkOne(
  item: Item,
  { urls, verdict, secondLookMs = SECOND_LOOK_MS }: Asked,
): Promise<string | undefined> {
  const { subject } = item
  let found = await readThroughAll(item, urls)
  if (isGood(item, found)) return settle(item, found, verdict)
  const first = found
  await pause(systemClock, secondLookMs)
  found = await readThroughAll(item, urls)
  const told = `${item.name}: ${describe(found)}`
  const silent = [...found].filter(([, state]) => state === undefined).map(([id]) => id)
  if (silent.length > 0) verdict.breach('not recovered', `${told}; no answer by way of ${silent}`)
  const states = statesOf(found)
  const lies = states.flatMap((state) => subject.judge(state, subject.mark()) ?? [])
  const [lie] = lies
  if (lie !== undefined) verdict.breach(lie, told)
  else if (states.length > 1) verdict.breach('false read', `${told}: the members do not agree`)
  else if (silent.length === 0)
    verdict.breach('false read', `${item.name}: ${describe(first)}, and right only ${secondLookMs} ms later`)
  settle(item, found, verdict)
  return undefined
}

async function readThroughAll(
  item: Item,
  urls: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string | undefined>> {
  const read = async ([id, url]: [string, string]) => [id, await insist(url, item)] as const
  return new Map(await Promise.all([...urls].map(read)))
}

async function insist(url: string, item: Item, request = item.get()): Promise<string | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const found = item.stateIn(await send(url, request))
    if (found !== undefined) return found
    await pause(systemClock, RETRY_MS)
  }
  return undefined
}

function statesOf(found: ReadonlyMap<string, string | undefined>): string[] {
  return [...new Set(found.values())].filter((state) => state !== undefined)
}

function isGood({ subject }: Item, found: ReadonlyMap<string, string | undefined>): boolean {
  const states = statesOf(found)
  const isAnswered = ![...found.values()].includes(undefined)
  return isAnswered && states.length === 1 && subject.judge(states[0] ?? '', subject.mark()) === undefined
}

/** What is wrong now is told once, and is what counts from now on. */
function settle(
  { subject }: Item,
  found: ReadonlyMap<string, string | undefined>,
  verdict: Verdict,
): string | undefined {
  const states = statesOf(found)
  const state = states.find((state) => subject.judge(state, subject.mark()) === undefined) ?? states[0]
  if (state !== undefined && subject.settle(state)) verdict.forgotten()
  return state
}

function describe(found: ReadonlyMap<string, string | undefined>): string {
  return [...found].map(([id, state]) => `${id} says ${JSON.stringify(state ?? 'nothing')}`).join(', ')
}

/** Increments that were answered are sent again: they get the same answer, and add nothing. */
export async function repeatAll(
  repeated: readonly Once[],
  { urls, verdict, random }: Omit<Asked, 'items'> & { random: Random },
): Promise<void> {
  for (const { counter, request, total } of repeated) {
    const url = random.pick([...urls.values()])
    const again = await insist(url, counter, request)
    if (again === total) continue
    const told = `${counter.name}: answered ${total}, sent again ${again ?? 'nothing'}`
    verdict.breach(again === undefined ? 'not recovered' : 'counted twice', told)
    // It is told once, here, and not again by all that follow.
    counter.subject.settle((await insist(url, counter)) ?? '')
  }
}
