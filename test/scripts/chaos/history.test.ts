/** What the clients of a chaos run write down of each request. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { History, type Op } from '../../../scripts/chaos/history.ts'
import { NOBODY } from '../../../scripts/chaos/requests.ts'

const ADD: Op = { kind: 'counter', key: 'keyed 2', op: 'add', value: '7', once: 'once 3 1' }
const READ: Op = { kind: 'value', key: 'value 1 2', op: 'read' }
const ACQUIRE: Op = { kind: 'lock', key: 'lock 0', op: 'acquire', value: 'client 1 #2' }
const RELEASE: Op = { ...ACQUIRE, op: 'release' }

const problem = (status: number, problem = `${status}`) => ({ status, text: '', problem })
const success = { status: 200, text: '', problem: '' }

describe('scripts: the history of a chaos run', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'larder-history-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const written = async (write: (history: History) => void): Promise<Record<string, unknown>[]> => {
    const path = join(folder, 'history')
    const history = new History(path)
    write(history)
    await history[Symbol.asyncDispose]()
    const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '')
    return lines.map((line) => JSON.parse(line))
  }

  it('is a line each: who asked for what, what came of it, and when it began and ended', async () => {
    const [line, ...others] = await written((history) => {
      history.begin(3, ADD)({ answer: success, found: '41' })
    })
    const { begunAtMs, endedAtMs, ...rest } = line ?? {}
    expect(rest).to.deep.equal({ client: 3, ...ADD, outcome: 'ok', found: '41' })
    expect(begunAtMs).to.be.a('number')
    expect(endedAtMs).to.be.at.least(Number(begunAtMs))
    expect(others).to.deep.equal([])
  })

  for (const [what, op, answer, found, outcome] of [
    ['a read that found nothing', READ, problem(404), '', 'ok'],
    ['a read that got no answer', READ, problem(0, 'TIMEOUT'), undefined, 'failed'],
    ['a write that may have happened', ADD, problem(503, '503 UNREACHABLE'), undefined, 'unknown'],
    ['a write that was cut off', ADD, problem(0, 'ECONNRESET'), undefined, 'unknown'],
    ['a write that was refused', ADD, problem(503, '503 NOT_READY'), undefined, 'failed'],
    ['a write that nobody took', ADD, NOBODY, undefined, 'failed'],
    ['a lock that somebody has', ACQUIRE, problem(412), undefined, 'held'],
    ['a lock that is gone', RELEASE, problem(404), undefined, 'held'],
    ['a lock that is given back', RELEASE, success, undefined, 'ok'],
  ] as const) {
    it(`says ${outcome} of ${what}`, async () => {
      const [line] = await written((history) => history.begin(1, op)({ answer, found }))
      expect(line?.['outcome']).to.equal(outcome)
    })
  }

  it('leaves out what ends after it was closed', async () => {
    const path = join(folder, 'history')
    const history = new History(path)
    const end = history.begin(1, READ)
    await history[Symbol.asyncDispose]()
    end({ answer: success, found: '' })
    expect(await readFile(path, 'utf8')).to.equal('')
  })

  it('says at once where it cannot be written', () => {
    expect(() => new History(join(folder, 'missing', 'history'))).to.throw('ENOENT')
  })

  it('is written nowhere where nobody asked for it', async () => {
    await using history = new History()
    history.begin(1, READ)({ answer: success, found: '' })
  })
})
