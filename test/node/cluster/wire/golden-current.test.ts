/**
 * Some bytes in the current format: whoever changes what it says sees here what becomes of it, and writes it down. Once it
 * has been released it changes no more, and there is a next one.
 */
import { expect } from 'chai'
import { CURRENT } from '../../../../node/cluster/wire/format.ts'
import type { SlotMessage } from '../../../../node/cluster/wire/slots.ts'
import type { Entry } from '../../../../node/entries/entry.ts'
import { Reactions } from '../../../../node/entries/reactions.ts'
import type { Command, Reply } from '../../../../shared/command.ts'
import { encodeRequest, encodeResponse, encodeSlotRequest, encodeSlotResponse } from './frames.ts'

const said = { format: CURRENT, epoch: 1, time: 2 }
const now = { nowMs: 10, wallMs: 1000 }
const key = 'salt'
const stamp = { time: 7, origin: 'b-1' }

/** The head of a frame, which is all of it here. */
function headOf(frame: Buffer): string {
  expect(frame[0]).to.equal(CURRENT)
  expect(frame.readUInt32BE(1)).to.equal(frame.length - 5)
  return frame.toString('latin1', 5)
}

function ofCommand(command: Command): string {
  return headOf(
    encodeRequest({ ...said, commands: [{ command, requestId: 'r', traced: false, remainingMs: 5 }] }, now),
  )
}

function ofReply(reply: Reply): string {
  return headOf(encodeResponse({ ...said, results: [{ reply }] }, now))
}

function ofMessage(message: SlotMessage): string {
  return headOf(encodeSlotRequest({ ...said, from: 'b-1', message }, now))
}

function ofEntry(entry: Entry): string {
  return ofMessage({ type: 'give', entries: [{ slot: 3, id: 'vsalt', entry }] })
}

const presence = { reaction: 'fire', user: 'Sam', time: 7, endsAtMs: 40, isGone: false }
const value = { contentType: 'a/b', body: 'jam' }

const golden: readonly (readonly [head: string, expected: string])[] = [
  [
    ofCommand({ type: 'value.set', key, ...value, ttlMs: 9 }),
    '[1,[2,1000],null,[["r",false,5,[["value.set","salt","a/b","jam",9,null]]]]]',
  ],
  [
    ofCommand({ type: 'value.set', key, ...value, keepsTtl: true }),
    '[1,[2,1000],null,[["r",false,5,[["value.set","salt","a/b","jam",null,null,true]]]]]',
  ],
  [
    ofCommand({ type: 'value.touch', key, ttlMs: 9, condition: { ifMatch: ['*'] } }),
    '[1,[2,1000],null,[["r",false,5,[["value.touch","salt",9,{"ifMatch":["*"]}]]]]]',
  ],
  [
    ofCommand({ type: 'value.set', key, ...value, isSole: true }),
    '[1,[2,1000],null,[["r",false,5,[["value.set","salt","a/b","jam",null,null,false,true]]]]]',
  ],
  [
    ofCommand({ type: 'value.touch', key, only: ['later'], isSole: true }),
    '[1,[2,1000],null,[["r",false,5,[["value.touch","salt",null,null,["later"],true]]]]]',
  ],
  [
    ofCommand({ type: 'counter.add', key, by: '1', isSole: true }),
    '[1,[2,1000],null,[["r",false,5,[["counter.add","salt","1",null,null,null,null,true]]]]]',
  ],
  [
    ofCommand({
      type: 'together',
      key,
      commands: [
        { type: 'value.get', key, isSole: true },
        { type: 'reaction.change', key, reaction: 'member', come: ['Sam'], go: [], isSole: true },
      ],
    }),
    '[1,[2,1000],null,[["r",false,5,[["together","salt",[["value.get","salt",null,true],{"type":"reaction.change","key":"salt","reaction":"member","come":["Sam"],"go":[],"isSole":true}]]]]]]',
  ],
  [
    ofReply({ type: 'together', outcomes: [{ type: 'missing' }], isDone: true, owner: 'a' }),
    '[1,[2,1000],null,[["together","a",true,[["missing","a"]]]]]',
  ],
  [
    ofCommand({ type: 'value.describe', key }),
    '[1,[2,1000],null,[["r",false,5,[["value.describe","salt",null]]]]]',
  ],
  [
    ofReply({ type: 'value', owner: 'a', ...value, stamp, ttlMs: 9 }),
    '[1,[2,1000],null,[["value","a","a/b","jam",7,"b-1",9]]]',
  ],
  [
    ofReply({ type: 'description', owner: 'a', contentType: 'a/b', bytes: 3, stamp }),
    '[1,[2,1000],null,[{"type":"description","owner":"a","contentType":"a/b","bytes":3,"stamp":{"time":7,"origin":"b-1"}}]]',
  ],
  [
    ofCommand({ type: 'counter.add', key, by: '1', idempotencyKey: 'once' }),
    '[1,[2,1000],null,[["r",false,5,[["counter.add","salt","1","once",null,null,null]]]]]',
  ],
  [ofReply({ type: 'total', owner: 'a', value: '2' }), '[1,[2,1000],null,[["total","a","2",null]]]'],
  [
    ofEntry({ kind: 'register', stamp, endsAtMs: 50, value }),
    '[1,[2,1000],null,"b-1","give",[["register","vsalt",3,7,"b-1",40,"a/b","jam",null,null]],false,null]',
  ],
  [
    ofEntry({ kind: 'counter', tallies: { 'a-1': { added: 2n, taken: 0n } } }),
    '[1,[2,1000],null,"b-1","give",[["counter","vsalt",3,null,[["a-1","2","0"]],null,null]],false,null]',
  ],
  [
    ofEntry(Reactions.ofAll([presence])),
    '[1,[2,1000],null,"b-1","give",[["reactions","vsalt",3,[["fire","Sam",7,30,false]]]],false,null]',
  ],
  [
    ofMessage({ type: 'want', slots: [[3, 'd', 6]], isAnyway: true, mirror: 'b-1 8' }),
    '[1,[2,1000],null,"b-1","want",[[3,"d",6]],true,"b-1 8"]',
  ],
  [
    ofMessage({ type: 'mirror', slots: [[3, 'd', [{ from: 4, to: 5 }], true]], mirror: 'b-1 8' }),
    '[1,[2,1000],null,"b-1","mirror",[[3,"d",[[4,5]],true]],false,"b-1 8"]',
  ],
  [
    ofMessage({ type: 'mirrored', slots: [3], mirror: 'b-1 8' }),
    '[1,[2,1000],null,"b-1","mirrored",[3],false,"b-1 8"]',
  ],
  [
    ofMessage({ type: 'offer', slots: [[3, 'd', false, 6, true]] }),
    '[1,[2,1000],null,"b-1","offer",[[3,"d",false,6,true]],false,null]',
  ],
  [
    headOf(
      encodeSlotResponse(
        {
          ...said,
          answers: [['claim', { asOf: Infinity, lapses: [{ from: 4, to: 5 }], how: 'mirrored' }]],
        },
        now,
      ),
    ),
    '[1,[2,1000],null,[["claim",[null,[[4,5]],"mirrored"]]]]',
  ],
  [
    ofEntry({
      kind: 'register',
      stamp,
      endsAtMs: 50,
      value: { ...value, headers: { etag: 'e' }, lifeMs: 90 },
    }),
    '[1,[2,1000],null,"b-1","give",[["register","vsalt",3,7,"b-1",40,"a/b","jam",{"etag":"e"},90]],false,null]',
  ],
  [
    ofEntry({ kind: 'register', stamp, touched: { time: 8, origin: 'a-1' }, endsAtMs: 50, value }),
    '[1,[2,1000],null,"b-1","give",[["register","vsalt",3,7,"b-1",40,"a/b","jam",null,null,[8,"a-1"]]],false,null]',
  ],
  [
    ofEntry({ kind: 'register', stamp, touched: { time: 8, origin: 'a-1' }, endsAtMs: 4 }),
    '[1,[2,1000],null,"b-1","give",[["register","vsalt",3,7,"b-1",-6,[8,"a-1"]]],false,null]',
  ],
  [
    ofEntry({ kind: 'register', stamp, endsAtMs: 4 }),
    '[1,[2,1000],null,"b-1","give",[["register","vsalt",3,7,"b-1",-6]],false,null]',
  ],
  [
    ofCommand({ type: 'counter.add', key, by: '1', ttlMs: 9, min: '-1', max: '5' }),
    '[1,[2,1000],null,[["r",false,5,[["counter.add","salt","1",null,9,"-1","5"]]]]]',
  ],
  [
    ofCommand({ type: 'counter.set', key, value: '7' }),
    '[1,[2,1000],null,[["r",false,5,[["counter.set","salt","7",null]]]]]',
  ],
  [
    ofCommand({ type: 'limit.take', key, limit: 5, windowMs: 1000, cost: 2 }),
    '[1,[2,1000],null,[["r",false,5,[["limit.take","salt",5,1000,2]]]]]',
  ],
  [
    ofReply({ type: 'limit', owner: 'a', isAllowed: true, remaining: 3, fullMs: 400 }),
    '[1,[2,1000],null,[{"type":"limit","owner":"a","isAllowed":true,"remaining":3,"fullMs":400}]]',
  ],
  [
    ofEntry({ kind: 'limit', last: stamp, fullAtMs: 10.25, reset: { ...stamp, atMs: 4 } }),
    '[1,[2,1000],null,"b-1","give",[["limit","vsalt",3,7,"b-1",0.25,[7,"b-1",-6]]],false,null]',
  ],
  [
    ofReply({ type: 'outOfBounds', owner: 'a', value: '2', ttlMs: 8 }),
    '[1,[2,1000],null,[["outOfBounds","a","2",8]]]',
  ],
  [
    ofEntry({
      kind: 'counter',
      tallies: { base: { added: 2n, taken: 0n } },
      last: stamp,
      end: { endsAtMs: 40, by: stamp },
    }),
    '[1,[2,1000],null,"b-1","give",[["counter","vsalt",3,null,[["base","2","0"]],[7,"b-1"],[30,7,"b-1"]]],false,null]',
  ],
  [
    ofEntry({
      kind: 'turned',
      register: { kind: 'register', stamp, endsAtMs: Infinity, value },
      counter: { kind: 'counter', tallies: {}, last: { ...stamp, time: 6 } },
    }),
    '[1,[2,1000],null,"b-1","give",[["turned","vsalt",3,[7,"b-1",null,"a/b","jam",null,null],[null,[],[6,"b-1"],null]]],false,null]',
  ],
  [
    ofEntry({ kind: 'counter', reset: { ...stamp, atMs: 4 }, tallies: {} }),
    '[1,[2,1000],null,"b-1","give",[["counter","vsalt",3,[7,"b-1",-6],[],null,null]],false,null]',
  ],
]

describe('in the current format', () => {
  for (const [head, expected] of golden)
    it(`is said ${expected}`, () => {
      expect(head).to.equal(expected)
    })
})
