/**
 * Histories before a judge from outside, Porcupine: of a real cluster in bad weather; and made-up ones with each kind of lie,
 * which it has to find.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Op } from '../../scripts/chaos/history.ts'
import { TestProcess } from '../support/process.ts'
import { needTool, TOOL_PATH } from '../support/tool.ts'

/** With what is fetched and built first. */
const PATIENCE_MS = 180_000

type Line = Pick<Op, 'op'> & {
  readonly value?: string
  readonly once?: string
  readonly outcome?: string
  readonly found?: string
  readonly at: readonly [begun: number, ended: number]
}

interface Tale {
  readonly what: string
  readonly kind: Op['kind']
  readonly lines: readonly Line[]
  readonly isTrue: boolean
}

const one = { value: '1', once: 'x' }

const TALES: readonly Tale[] = [
  {
    what: 'a read that sees a write under way',
    kind: 'value',
    lines: [
      { op: 'write', value: 'a', at: [0, 10] },
      { op: 'read', found: 'a', at: [5, 6] },
    ],
    isTrue: true,
  },
  {
    what: 'a read that misses an acknowledged write',
    kind: 'value',
    lines: [
      { op: 'write', value: 'a', at: [0, 10] },
      { op: 'read', found: '', at: [11, 12] },
    ],
    isTrue: false,
  },
  {
    what: 'a deleted value that is back',
    kind: 'value',
    lines: [
      { op: 'write', value: 'a', at: [0, 1] },
      { op: 'remove', at: [2, 3] },
      { op: 'read', found: 'a', at: [4, 5] },
    ],
    isTrue: false,
  },
  {
    what: 'a write of which nobody knew, that happens late',
    kind: 'value',
    lines: [
      { op: 'write', value: 'a', outcome: 'unknown', at: [0, 1] },
      { op: 'read', found: '', at: [2, 3] },
      { op: 'read', found: 'a', at: [4, 5] },
    ],
    isTrue: true,
  },
  {
    what: 'an increment that gives its first answer again',
    kind: 'counter',
    lines: [
      { op: 'add', ...one, outcome: 'unknown', at: [0, 1] },
      { op: 'add', value: '5', found: '6', at: [2, 3] },
      { op: 'add', ...one, found: '1', at: [4, 5] },
      { op: 'read', found: '6', at: [6, 7] },
    ],
    isTrue: true,
  },
  {
    what: 'an increment that counts beside its retry',
    kind: 'counter',
    lines: [
      { op: 'add', ...one, outcome: 'unknown', at: [0, 1] },
      { op: 'add', ...one, found: '1', at: [2, 3] },
      { op: 'read', found: '2', at: [4, 5] },
    ],
    isTrue: false,
  },
  {
    what: 'an increment that was given two answers',
    kind: 'counter',
    lines: [
      { op: 'add', ...one, found: '1', at: [0, 1] },
      { op: 'add', ...one, found: '2', at: [2, 3] },
    ],
    isTrue: false,
  },
  {
    what: 'a lock that is given to one after the other',
    kind: 'lock',
    lines: [
      { op: 'acquire', value: 'A', at: [0, 1] },
      { op: 'acquire', value: 'B', outcome: 'held', at: [2, 3] },
      { op: 'release', value: 'A', at: [4, 5] },
      { op: 'acquire', value: 'B', at: [6, 7] },
    ],
    isTrue: true,
  },
  {
    what: 'a lock that two have',
    kind: 'lock',
    lines: [
      { op: 'acquire', value: 'A', at: [0, 1] },
      { op: 'acquire', value: 'B', at: [2, 3] },
    ],
    isTrue: false,
  },
]

describe('a judge of histories from outside', function () {
  this.timeout(PATIENCE_MS)
  let folder: string
  let judge: string

  before(async function () {
    needTool(this, 'go')
    folder = await mkdtemp(join(tmpdir(), 'larder-porcupine-'))
    judge = join(folder, 'judge')
    // Go keeps what it has fetched and built at home.
    const { HOME = folder, GOPROXY } = process.env
    const environment = { HOME, PATH: TOOL_PATH, ...(GOPROXY !== undefined && { GOPROXY }) }
    const go = new TestProcess('go', ['build', '-C', 'test/porcupine', '-o', judge, '.'], { environment })
    const { code, stderr } = await go.finished()
    expect(code, stderr).to.equal(0)
  })
  after(() => folder && rm(folder, { recursive: true }))

  const judged = (path: string) => new TestProcess(judge, [path]).finished()

  for (const { what, kind, lines, isTrue } of TALES) {
    it(`${isTrue ? 'believes in' : 'does not believe in'} ${what}`, async () => {
      const told = lines.map(({ at: [begunAtMs, endedAtMs], ...line }, client) =>
        JSON.stringify({ client, kind, key: 'k', outcome: 'ok', ...line, begunAtMs, endedAtMs }),
      )
      const path = join(folder, 'made up')
      await writeFile(path, told.join('\n'))
      const { code, stdout } = await judged(path)
      expect(stdout).to.match(new RegExp(`${lines.length} operations of 1 keys, ${isTrue ? 0 : 1} keys`))
      expect(code).to.equal(isTrue ? 0 : 1)
    })
  }

  it('has nothing against a cluster whose members come, go, stand still and are killed', async () => {
    const path = join(folder, 'history')
    const faults = ['--faults', 'kill,stop,leave,pause,restart-all,uplink-down', '--seconds', '20']
    const args = ['scripts/chaos.ts', '--members', '3', '--seed', '5', '--history', path]
    const chaos = await new TestProcess(process.execPath, [...args, ...faults]).finished()
    const { code, stdout } = await judged(path)
    expect(code, `${stdout}\n${chaos.stdout}`).to.equal(0)
    expect(Number(/^(\d+) operations/m.exec(stdout)?.[1])).to.be.above(500)
  })
})
