/** What may be wrong with members besides what becomes of the slots, and how that is said. */
import { expect } from 'chai'
import { cluster, lately, member, record, sentence, three, told } from './situations.ts'

describe('page: health, what members say of each other', () => {
  const knows = (id: string, ...peers: ReturnType<typeof record>[]) =>
    member(id, { status: told(id, {}, { peers }) })

  it('out of reach of some', () => {
    const away = record('n3', { reachable: false, reason: 'it refuses connections' })
    expect(sentence(cluster([knows('n1', away), knows('n2', away), member('n3')]))).deep.equal([
      'trouble',
      'n3 is not reached by n1 and n2.',
    ])
    const { since: _, ...untried } = away
    expect(sentence(cluster([knows('n1', untried), member('n2'), member('n3')]))[0]).equal('well')
  })

  it('not understood, said once of both', () => {
    const strange = (id: string) => record(id, { understood: false })
    expect(sentence(cluster([knows('n1', strange('n2')), knows('n2', strange('n1'))]))).deep.equal([
      'trouble',
      'n1 and n2 do not understand each other.',
    ])
  })

  it('kept out', () => {
    const out = {
      id: 'n9',
      url: 'http://n9:1',
      reason: 'most do not reach n9',
      since_seconds: 3,
      again_in_seconds: 1,
    }
    expect(sentence(cluster(three, { kept_out: [out] }))[1]).equal('n9 is kept out: most do not reach n9.')
  })

  it('clocks that are apart, of two and of several', () => {
    const ahead = (id: string, seconds: number) => record(id, { clock_ahead_seconds: seconds })
    const two = [knows('n1', ahead('n2', 4.2)), knows('n2', ahead('n1', -4.2))]
    expect(sentence(cluster(two))).deep.equal(['notice', 'The clocks of n1 and n2 are 4.2 s apart.'])
    const one = [
      knows('n1', ahead('n2', 0), ahead('n3', -5)),
      knows('n2', ahead('n1', 0), ahead('n3', -5)),
      knows('n3', ahead('n1', 5), ahead('n2', 0.1)),
    ]
    expect(sentence(cluster(one))[1]).equal('The clock of n3 is 5 s behind.')
  })

  it('of several versions', () => {
    const other = member('n4', { version: '0.1.0' })
    expect(sentence(cluster([...three, other]))).deep.equal([
      'notice',
      'Members are of two versions, 0.1.0 and 0.2.0.',
    ])
  })
})

describe('page: health, memory, disks, Kafka, requests and the registry', () => {
  const with1 = (measures: object) =>
    cluster([member('n1', { status: told('n1', measures) }), ...three.slice(1)])

  it('memory that refuses, or evicts', () => {
    expect(sentence(cluster(three), { lately: lately('n1', { memoryFull: 3 }) })).deep.equal([
      'trouble',
      'n1 refuses writes, as memory is full of what is never evicted.',
    ])
    expect(sentence(with1({ bytes: 990 }), { lately: lately('n1', { evictions: 3 }) })).deep.equal([
      'notice',
      'Memory is full at n1, and values are evicted.',
    ])
    expect(sentence(with1({ bytes: 990 }))[0], 'full alone is what a cache is').equal('well')
  })

  it('disks', () => {
    expect(sentence(with1({ disk_failing: 1, disk_behind_seconds: 99 }))).deep.equal([
      'trouble',
      'The disk of n1 cannot be written.',
    ])
    expect(sentence(with1({ disk_behind_seconds: 40 }))).deep.equal([
      'notice',
      'The disk of n1 is 40 s behind.',
    ])
    expect(sentence(with1({ disk_behind_seconds: 6 }))[0]).equal('well')
    expect(sentence(with1({ disk_aside_rows: 2 }))[1]).equal('The disk of n1 does not take some rows.')
  })

  it('Kafka', () => {
    expect(sentence(with1({ kafka_lag: 5000 }))).deep.equal(['notice', 'n1 is 5,000 messages behind Kafka.'])
    expect(sentence(with1({ kafka_lag: 999, kafka_connected: 1 }))[0]).equal('well')
    expect(sentence(with1({ kafka_connected: 0 }))).deep.equal([
      'notice',
      'Kafka is out of reach of n1, and events wait there.',
    ])
  })

  it('requests that fail', () => {
    expect(sentence(cluster(three), { failing: 0.034 })).deep.equal(['trouble', '3.4% of requests fail.'])
  })

  it('a registry that cannot change', () => {
    expect(sentence(cluster(three, { trouble: 'Redis does not answer' }))).deep.equal([
      'trouble',
      'The registry cannot change: Redis does not answer.',
    ])
  })
})
