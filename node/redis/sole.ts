/** What is asked of a key as one thing alone (`sole.lua`), and of several keys in one turn (`together.lua`). */
import type { CommandOf, Outcome, SingleCommand } from '../../shared/command.ts'
import { isLater } from '../../shared/eventual.ts'
import { slotOf } from '../../shared/placement.ts'
import type { Sole } from '../../shared/reaction-command.ts'
import { type Answer, answerIn, listOf, type Part, textOf } from './answer.ts'
import { counterArguments, counterKeys, counterOutcome } from './counters.ts'
import type { Carrier, Means } from './means.ts'
import { reactionArguments, reactionKeys, reactionOutcome, tooManyKinds } from './reactions.ts'
import type { Argument } from './scripts.ts'
import { readEndless, valueArguments, valueOutcome, wrongType } from './values.ts'

/** Whatever can be asked so: of which kind it is says what it begins with. */
type SoleCommand = Extract<
  SingleCommand,
  { type: `value.${string}` | `reaction.${string}` | 'counter.add' }
> &
  Required<Sole>

export function isOfSole(command: SingleCommand & Sole): command is SoleCommand {
  return command.isSole === true
}

/** A value that has no end is found at once; whatever else there may be is looked for. */
export const carryOutAlone: Carrier<SoleCommand> = async (means, asked) => {
  const { command, slot, deadlineAtMs } = asked
  const reading = readEndless(means, asked)
  const read = isLater(reading) ? await reading : reading
  if (read !== undefined && read.type !== 'missing') return read
  const parts = [...keysOf(command, slot), ...argumentsOf(command, means)]
  return outcomeIn(command, await ask(means, { script: 'sole', parts }, deadlineAtMs))
}

/** As `sole.lua` takes and answers it, where no command says that. */
export function askAlone(
  means: Means,
  { key, slot, args }: { readonly key: string; readonly slot: number; readonly args: readonly Argument[] },
  deadlineAtMs: number,
): Promise<Answer> {
  const parts = [...keysOf({ type: 'value.delete', key, isSole: true }, slot), ...args]
  return ask(means, { script: 'sole', parts }, deadlineAtMs)
}

/** All of it, or nothing. @throws LarderError where one of them cannot be carried out. */
export const carryOutTogether: Carrier<CommandOf<'together'>> = async (
  means,
  { command: { commands }, deadlineAtMs },
) => {
  const all = commands.map(soleOf)
  const keys = all.flatMap((one) => keysOf(one, slotOf(one.key)))
  const args = all.map((one) => argumentsOf(one, means)).flatMap((each) => [each.length, ...each])
  const parts = [keys.length, ...keys, all.length, ...args]
  const { type, parts: told } = await ask(means, { script: 'together', parts }, deadlineAtMs)
  if (type !== 'together') throw type === 'full' ? tooManyKinds() : wrongType()
  const [isDone, answers] = told
  const outcomes = all.slice(0, listOf(answers).length).map((one, at) => outcomeOf(one, listOf(answers)[at]))
  return { type: 'together', outcomes, isDone: textOf(isDone) === '1' }
}

/** Again as long as there is more that has ended than one turn takes. */
async function ask(
  { connection }: Means,
  { script, parts }: { readonly script: 'sole' | 'together'; readonly parts: readonly Argument[] },
  deadlineAtMs: number,
): Promise<Answer> {
  for (;;) {
    const answer = answerIn(await connection.run(script, parts, deadlineAtMs))
    if (answer.type !== 'more') return answer
  }
}

function soleOf(command: SingleCommand & Sole): SoleCommand {
  if (isOfSole(command) && command.type !== 'counter.add') return command
  throw new TypeError(`${command.type} is not carried out together with others`)
}

function keysOf(command: SoleCommand, slot: number): string[] {
  return [...counterKeys(command, slot), ...reactionKeys(slot, command.key)]
}

/** Where another one does not hold, nothing came of what would have been done. */
function outcomeOf(command: SoleCommand, part: Part | undefined): Outcome {
  const answer = answerIn(part)
  return answer.type === 'done' ? { type: 'done' } : outcomeIn(command, answer)
}

/** As `sole.lua` takes them. */
function argumentsOf(command: SoleCommand, means: Means): Argument[] {
  switch (command.type) {
    case 'value.get':
    case 'value.describe':
    case 'value.set':
    case 'value.touch':
    case 'value.delete':
      return ['value', ...valueArguments(command, means)]
    case 'counter.add':
      return ['counter', ...counterArguments(command, means)]
    default:
      return ['reactions', ...reactionArguments(command)]
  }
}

/** @throws LarderError. */
function outcomeIn(command: SoleCommand, answer: Answer): Outcome {
  switch (command.type) {
    case 'value.get':
    case 'value.describe':
    case 'value.set':
    case 'value.touch':
    case 'value.delete':
      return valueOutcome(answer)
    case 'counter.add':
      return counterOutcome(command, answer)
    default:
      return reactionOutcome(command, answer)
  }
}
