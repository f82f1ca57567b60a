/** Commands of Redis that come as JSON: what they are, what is none, and that a large body takes many short steps. */
import { expect } from 'chai'
import { readingCommand, readingCommands } from '../../../node/resp/rest-words.ts'
import { STEP_BYTES } from '../../../shared/json-scan.ts'
import type { Steps } from '../../../shared/steps.ts'
import { startTestNode } from '../../support/node.ts'
import { allOf } from '../../support/turns.ts'

const LARGE = 8 * 2 ** 20

function wordsOf(json: string): string[] {
  return allOf(readingCommand(Buffer.from(json))).map((word) => word.toString())
}

function refusal(steps: Steps<unknown>): { message: string; steps: number } {
  let taken = 0
  try {
    for (; steps.next().done !== true; taken++);
  } catch (error) {
    return { message: (error as Error).message, steps: taken }
  }
  return { message: 'none', steps: taken }
}

const many = (length: number, of: string) => Array.from({ length }, () => of).join(',')

describe('commands of Redis as JSON', () => {
  it('are texts, numbers and what is true or false, as they are written in JSON', () => {
    const json =
      ' [ "set", "", "ä\\u00e9\\n\\ud83d\\ude00\\"", 5, -1.50, 12345678901234567890, true, false ] '
    expect(wordsOf(json)).to.deep.equal([
      'set',
      '',
      'äé\n😀"',
      '5',
      '-1.50',
      '12345678901234567890',
      'true',
      'false',
    ])
    const all = allOf(readingCommands(Buffer.from('[["get","a"],["ping"]]')))
    expect(all.map((words) => words.map(String))).to.deep.equal([['get', 'a'], ['ping']])
    expect(allOf(readingCommands(Buffer.from('[]')))).to.deep.equal([])
  })

  it('are refused where they are none', () => {
    const command = ['', '[', '[]', '5', '{}', '{"get":"k"}', '["get",["k"]]', '["get",{}]', '["get",null]']
    for (const json of [...command, '["get" "k"]', '["get","k"]x'])
      expect(refusal(readingCommand(Buffer.from(json))).message, json).to.match(
        /^ERR failed to parse command: /,
      )
    for (const json of ['{}', '[[]]', '["get","k"]', '[["get","k"],{}]', '[{"get":"k"}]', '[[["get"]]]'])
      expect(refusal(readingCommands(Buffer.from(json))).message, json).to.match(
        /^ERR failed to parse command: /,
      )
    expect(refusal(readingCommand(Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]))).message).to.include('UTF-8')
  })

  it('are no more than can be carried out, which is found before all of it is looked at', () => {
    for (const [steps, message] of [
      [readingCommand(Buffer.from(`[${many(500_000, '"member"')}]`)), 'ERR 10000 words at most in a command'],
      [readingCommands(Buffer.from(`[${many(LARGE / 4, '[1]')}]`)), 'ERR 1000 commands at most'],
      [readingCommands(Buffer.from(`[${many(1000, `[${many(200, '1')}]`)}]`)), 'ERR 100000 words at most'],
      [
        readingCommand(Buffer.from('['.repeat(LARGE / 2))),
        'ERR failed to parse command: it is nested deeper than 128 levels',
      ],
    ] as const) {
      const refused = refusal(steps)
      expect(refused.message).to.equal(message)
      expect(refused.steps).to.be.below(10)
    }
    expect(wordsOf(`[${many(10_000, '1')}]`)).to.have.length(10_000)
  })

  it('are read in steps where the body is large, each of a part of it', () => {
    const text = Buffer.from(JSON.stringify(['set', 'k', 'x'.repeat(LARGE)]))
    expect(refusal(readingCommand(text)).steps).to.be.at.least(LARGE / STEP_BYTES)
    expect(refusal(readingCommand(Buffer.from(`[${many(10_000, '1')}]`))).steps).to.be.at.least(20)
  })

  it('give others a turn while a large body is read', async () => {
    await using node = await startTestNode()
    const turns = async () => {
      const page = await (await fetch(`${node.url}/metrics`)).text()
      return Number(/^larder_turn_seconds_count\{work="bodies"\} (\d+)/m.exec(page)?.[1] ?? 0)
    }
    const before = await turns()
    const ask = async (path: string, body: string) =>
      await (await fetch(`${node.url}${path}`, { method: 'POST', body })).json()
    const pad = ' '.repeat(LARGE - 100)
    expect(await ask('/redis', `${pad}["ping"]`)).to.deep.equal({ result: 'PONG' })
    expect(await ask('/redis/pipeline', `${pad}[["ping"]]`)).to.deep.equal([{ result: 'PONG' }])
    expect((await turns()) - before).to.be.at.least(2)
    const commands = Array.from({ length: 1000 }, (_, index) => ['sadd', `s${index}`, ...'abcdefghij'])
    expect(await ask('/redis/pipeline', JSON.stringify(commands))).to.deep.equal(
      commands.map(() => ({ result: 10 })),
    )
  })
})
