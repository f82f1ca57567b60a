/** What /metrics tells of answers: counts by method, route and status, and a histogram as Prometheus reads it. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Registry } from 'prom-client'
import { AnswerCounts } from '../../../shared/http/answer-counts.ts'

const REQUESTS = 'larder_http_requests_total'
const SECONDS = 'larder_http_request_seconds'

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

async function samplesOf(registry: Registry): Promise<Sample[]> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map((line) => {
    const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [
      key,
      text,
    ])
    return { name, labels: Object.fromEntries(pairs), value: Number(value) }
  })
}

describe('counts of answers', () => {
  let registry: Registry
  let counts: AnswerCounts

  beforeEach(() => {
    registry = new Registry()
    counts = new AnswerCounts(registry)
  })

  const of = async (name: string) => (await samplesOf(registry)).filter((sample) => sample.name === name)

  it('are none before there is an answer', async () => {
    expect(await samplesOf(registry)).to.deep.equal([])
    expect(counts.total).to.equal(0)
  })

  it('are told by method, route and status, however often they are read', async () => {
    counts.count('/api', 'GET', 200, 0.001)
    counts.count('/api', 'GET', 200, 0.001)
    counts.count('/api', 'GET', 404, 0.001)
    counts.count('/api', 'POST', 200, 0.001)
    counts.count('/x"\\', 'GET', 200, 0.001)
    for (let time = 0; time < 2; time++) {
      const told = (await of(REQUESTS)).map(({ labels, value }) => [
        labels['route'],
        labels['method'],
        labels['status'],
        value,
      ])
      expect(told).to.have.deep.members([
        ['/api', 'GET', '200', 2],
        ['/api', 'GET', '404', 1],
        ['/api', 'POST', '200', 1],
        ['/x\\"\\\\', 'GET', '200', 1],
      ])
    }
    expect(counts.total).to.equal(5)
  })

  it('say what they are', async () => {
    const text = await registry.metrics()
    expect(text).to.include(`# TYPE ${REQUESTS} counter`).and.to.include(`# TYPE ${SECONDS} histogram`)
  })

  it('put a time that is the upper end of a bucket into it', async () => {
    counts.count('/api', 'GET', 200, 0.0005)
    counts.count('/api', 'GET', 200, 5)
    counts.count('/api', 'GET', 200, 5.1)
    const buckets = (await of(`${SECONDS}_bucket`)).map(({ labels, value }) => [labels['le'], value])
    expect(buckets.at(0)).to.deep.equal(['0.0005', 1])
    expect(buckets.at(-2)).to.deep.equal(['5', 2])
    expect(buckets.at(-1)).to.deep.equal(['+Inf', 3])
  })

  it('have buckets that only grow, the last of them with all there are', async () => {
    const answer = fc.record({
      route: fc.constantFrom('/a', '/b'),
      seconds: fc.oneof(fc.double({ min: 0, max: 10, noNaN: true }), fc.constantFrom(0, 0.001, 1, 5, 1e6)),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { minLength: 1 }), async (answers) => {
        registry = new Registry()
        counts = new AnswerCounts(registry)
        for (const { route, seconds } of answers) counts.count(route, 'GET', 200, seconds)
        const [buckets, sums, numbers] = [
          await of(`${SECONDS}_bucket`),
          await of(`${SECONDS}_sum`),
          await of(`${SECONDS}_count`),
        ]
        for (const route of new Set(answers.map((given) => given.route))) {
          const isOfRoute = ({ labels }: Sample) => labels['route'] === route
          const times = answers.filter((given) => given.route === route).map(({ seconds }) => seconds)
          const ends = buckets.filter(isOfRoute).map(({ labels, value }) => {
            const end = labels['le'] === '+Inf' ? Infinity : Number(labels['le'])
            expect(value).to.equal(times.filter((seconds) => seconds <= end).length)
            return end
          })
          expect(ends).to.deep.equal([...ends].sort((one, other) => one - other))
          expect(ends.at(-1)).to.equal(Infinity)
          expect(numbers.find(isOfRoute)?.value).to.equal(times.length)
          expect(sums.find(isOfRoute)?.value).to.be.closeTo(
            times.reduce((sum, seconds) => sum + seconds, 0),
            1e-3,
          )
        }
      }),
      { numRuns: 50 },
    )
  })
})
