/** Sets of Redis while members come, are killed, and start again from their disks: nobody is lost in them, and nobody comes back. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { ProcessCluster } from '../support/processes.ts'
import { until } from '../support/until.ts'

const IDS = ['a', 'b', 'c']
const SETS = 60
/** Changes that are to be acknowledged in each part of the story. */
const CHANGES = 150
const PATIENCE_MS = 60_000

/** Who is in which set, by what was acknowledged. It adds and removes, one after the other, at whichever member answers. */
class Keeper {
  readonly sets = new Map<string, Set<string>>()
  readonly #urls: () => readonly string[]
  #changes = 0
  #tries = 0
  #isOver = false
  readonly #running: Promise<void>

  constructor(urls: () => readonly string[]) {
    this.#urls = urls
    this.#running = this.#run()
    // It is told by `end`, or by what is waited for.
    this.#running.catch(() => {})
  }

  /** What is not acknowledged is asked for again, elsewhere: it changes nothing to do it twice. */
  async #run(): Promise<void> {
    while (!this.#isOver)
      await until(
        () => this.#change(this.#changes, this.#tries++),
        (isAcknowledged) => isAcknowledged,
        PATIENCE_MS,
      )
  }

  /** Every third one goes again, some time after it came. */
  async #change(count: number, tries: number): Promise<boolean> {
    const isRemoval = count % 3 === 2
    const about = isRemoval ? Math.floor(count / 2) : count
    const key = `crew ${about % SETS}`
    const member = `cook ${about}`
    const urls = this.#urls()
    const answer = await told(urls[tries % urls.length], [isRemoval ? 'SREM' : 'SADD', key, member])
    if (typeof answer !== 'number') return false
    const members = this.sets.get(key) ?? new Set()
    this.sets.set(key, members)
    if (isRemoval) members.delete(member)
    else members.add(member)
    this.#changes++
    return true
  }

  /** Resolves once so many more are acknowledged. */
  async goesOn(): Promise<void> {
    const aim = this.#changes + CHANGES
    await until(
      async () => this.#changes,
      (changes) => changes >= aim,
      PATIENCE_MS,
    )
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#running
  }
}

/** What came of a command; `undefined` where nobody can say. */
async function told(url: string | undefined, command: readonly string[]): Promise<unknown> {
  try {
    const signal = AbortSignal.timeout(5000)
    const answer = await fetch(`${url}/redis`, { method: 'POST', body: JSON.stringify(command), signal })
    return ((await answer.json()) as { result?: unknown }).result
  } catch {
    return undefined
  }
}

describe('26 sets of Redis in a cluster of processes with two copies', function () {
  this.timeout(300_000)
  let folder: string
  let cluster: ProcessCluster
  let alive: string[]
  let keeper: Keeper
  const url = (id: string) => cluster.member(id).url
  const kill = async (id: string) => {
    alive = alive.filter((other) => other !== id)
    await cluster.member(id).process.kill()
  }
  const start = async (id: string, at?: number) => {
    await cluster.join(id, at)
    alive = [...alive, id]
  }
  const startAgain = (id: string) => start(id, Number(new URL(url(id)).port))

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'larder-sets-'))
    const node = { DATA_DIR: folder, SYNC_INTERVAL_MS: '0', LOG_LEVEL: 'silent' }
    cluster = await ProcessCluster.start(IDS, { node, uplink: { COPIES: '2', LOG_LEVEL: 'silent' } })
    alive = IDS
    keeper = new Keeper(() => alive.map(url))
    await keeper.goesOn()
  })
  afterEach(async () => {
    await keeper?.end()
    await cluster?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  /** Every member tells of every set what was acknowledged. */
  async function expectAll(): Promise<void> {
    await keeper.end()
    for (const id of alive) {
      const all = [...keeper.sets].map(async ([key, members]) => {
        const found = await until(
          () => told(url(id), ['SMEMBERS', key]),
          (answer) => Array.isArray(answer),
          PATIENCE_MS,
        )
        expect((found as string[]).sort(), `${key} at ${id}`).to.deep.equal([...members].sort())
        expect(await told(url(id), ['SCARD', key]), `${key} at ${id}`).to.equal(members.size)
      })
      await Promise.all(all)
    }
  }

  it('are handed over to a member that comes, and from one that leaves', async () => {
    await start('d')
    await keeper.goesOn()
    alive = alive.filter((id) => id !== 'a')
    await cluster.member('a').process.stop()
    await keeper.goesOn()
    await expectAll()
  })

  it('are there when a member was killed, and when it comes back with its disk', async () => {
    await kill('b')
    await keeper.goesOn()
    await startAgain('b')
    await keeper.goesOn()
    await expectAll()
  })

  it('are there when all were killed, and start again from their disks', async () => {
    await keeper.end()
    await Promise.all(IDS.map(kill))
    await Promise.all(IDS.map(startAgain))
    await expectAll()
  })
})
