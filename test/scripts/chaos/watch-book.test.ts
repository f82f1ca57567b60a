/** What the books of those who watch a chaos run call a loss, and what not. */
import { expect } from 'chai'
import type { Change } from '../../../client/larder.ts'
import { type Known, WatchBook } from '../../../scripts/chaos/watch-book.ts'

const value = (key: string, value: string): Change => ({
  type: 'change',
  kind: 'value',
  key,
  value,
  etag: '"1"',
  contentType: 'application/json',
})
const gone = (key: string): Change => ({ type: 'delete', kind: 'value', key, reason: 'deleted' })

/** Of what was told in this order, a millisecond each from 1 on, having begun at 0. */
function book(...changes: readonly Change[]): WatchBook {
  const all = new WatchBook()
  all.begin(0)
  for (const [index, change] of changes.entries()) all.hear(change, index + 1)
  return all
}

const known = (found: string, rest: Partial<Known> = {}): Known => ({
  name: 'k',
  found,
  changedAtMs: -Infinity,
  ...rest,
})

describe('chaos: the book of somebody who watches', () => {
  it('has what was told last, of several changes the last alone', () => {
    expect(book(value('k', 'one'), value('k', 'two')).judge(known('two', { changedAtMs: 5 }))).equal(
      undefined,
    )
    expect(book(value('k', 'one'), gone('k')).judge(known('', { changedAtMs: 5 }))).equal(undefined)
  })

  it('lacks a change that was acknowledged after it has begun, and was not told nor followed by a later one', () => {
    expect(book().judge(known('two', { changedAtMs: 5 }))).include('told nothing')
    expect(book(value('k', 'one')).judge(known('two'))).include('told "one" last')
    expect(book(value('k', 'two'), value('k', 'one')).judge(known('two'))).include('told "one" last')
    expect(book(value('k', 'one')).judge(known(''))).include('told "one" last')
    expect(book().judge(known('', { before: { found: 'one', atMs: 2 } }))).include('told nothing')
  })

  it('need not have what was there before, or what nobody knows to have been written after that', () => {
    expect(book().judge(known('one', { changedAtMs: -5 }))).equal(undefined)
    expect(book().judge(known('one', { before: { found: 'one', atMs: 2 } }))).equal(undefined)
    expect(book().judge(known('one', { before: { found: '', atMs: -2 } }))).equal(undefined)
  })

  it('lacks nothing that came before a gap, and what has come since', () => {
    const gap: Change = { type: 'gap' }
    expect(book(value('k', 'one'), gap).judge(known('two', { changedAtMs: 1 }))).equal(undefined)
    expect(book(value('k', 'one'), gap).judge(known('two', { changedAtMs: 3 }))).include('told nothing')
    expect(book(gap, value('k', 'one')).judge(known('two'))).include('told "one" last')
    const twice = book(gap, gap)
    expect([twice.takeGaps(), twice.takeGaps()]).deep.equal([2, 0])
  })

  it('has all that there is where the state came first, and what it lacks then is not there', () => {
    const end: Change = { type: 'snapshot-end' }
    expect(book(value('k', 'one'), end).judge(known('one'))).equal(undefined)
    expect(book(end).judge(known('one'))).include('told "" last')
    expect(book(value('k', 'one'), { type: 'gap' }).judge(known('one'))).equal(undefined)
    expect(book(end, { type: 'gap' }, end).judge(known('one'))).include('told "" last')
    expect(book(end).judge(known(''))).equal(undefined)
  })

  it('has counters, and who reacts, by their names in a run', () => {
    const sum: Change = { type: 'change', kind: 'counter', key: 'plain 1', value: 7n }
    const here = { kind: 'reaction', key: 'stew', user: 'user 1', reaction: 'fire', count: 1 } as const
    const all = book(sum, { type: 'change', ...here })
    expect(all.judge(known('7', { name: 'plain 1', changedAtMs: 5 }))).equal(undefined)
    expect(all.judge(known('here', { name: 'user 1 at stew' }))).equal(undefined)
    all.hear({ type: 'delete', ...here, reason: 'deleted' }, 5)
    expect(all.judge(known('here', { name: 'user 1 at stew' }))).include('told "" last')
    expect(all.judge(known('', { name: 'user 1 at stew' }))).equal(undefined)
  })
})
