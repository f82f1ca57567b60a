/**
 * The bytes of every command, reply and entry in the former format: what members of this version and the one before say
 * to each other. It does not change any more.
 */
import { expect } from 'chai'
import { FORMER } from '../../../../node/cluster/wire/format.ts'
import type { Result } from '../../../../node/cluster/wire/reply.ts'
import type { Entry } from '../../../../node/entries/entry.ts'
import { Reactions } from '../../../../node/entries/reactions.ts'
import {
  decodeRequest,
  decodeResponse,
  decodeSlotRequest,
  encodeRequest,
  encodeResponse,
  encodeSlotRequest,
} from './frames.ts'
import type { FormerCommands, FormerReplies, Golden } from './golden-types.ts'

const now = { nowMs: 50, wallMs: 50 }
const [long, bytes] = ['x'.repeat(1025), new Uint8Array([0, 255, 128])]
const key = 'salt'
const whose = { key: '/menu', tenant: 'inn', query: '?day=1' }

const commands: FormerCommands = {
  'value.get': [
    [{ type: 'value.get', key }, '["value.get","salt",null]'],
    [
      { type: 'value.get', key, condition: { ifNoneMatch: ['"1-a"'] } },
      '["value.get","salt",{"ifNoneMatch":["\\"1-a\\""]}]',
    ],
  ],
  'value.set': [
    [
      { type: 'value.set', key, contentType: 'text/plain', body: 'jam' },
      '["value.set","salt","text/plain","jam",null,null]',
    ],
    [
      { type: 'value.set', key, contentType: 'a/b', body: bytes, ttlMs: 9, condition: { ifMatch: ['*'] } },
      '["value.set","salt","a/b",[false,3],9,{"ifMatch":["*"]}]',
      '\x00\xff\x80',
    ],
    [
      { type: 'value.set', key, contentType: 'a/b', body: long },
      '["value.set","salt","a/b",[true,1025],null,null]',
      long,
    ],
  ],
  'value.delete': [[{ type: 'value.delete', key }, '["value.delete","salt",null]']],
  'counter.add': [
    [{ type: 'counter.add', key, by: '-2' }, '["counter.add","salt","-2",null]'],
    [{ type: 'counter.add', key, by: '1', idempotencyKey: 'once' }, '["counter.add","salt","1","once"]'],
  ],
  'counter.get': [[{ type: 'counter.get', key }, '["counter.get","salt"]']],
  'counter.delete': [[{ type: 'counter.delete', key }, '{"type":"counter.delete","key":"salt"}']],
  'reaction.add': [
    [
      { type: 'reaction.add', key, user: 'Sam', reaction: 'fire', ttlMs: 5 },
      '{"type":"reaction.add","key":"salt","user":"Sam","reaction":"fire","ttlMs":5}',
    ],
  ],
  'reaction.remove': [
    [
      { type: 'reaction.remove', key, user: 'Sam', reaction: 'fire' },
      '{"type":"reaction.remove","key":"salt","user":"Sam","reaction":"fire"}',
    ],
  ],
  'reaction.count': [[{ type: 'reaction.count', key }, '{"type":"reaction.count","key":"salt"}']],
  'reaction.users': [
    [
      { type: 'reaction.users', key, reaction: 'ice', after: { reaction: 'ice', user: 'Max' }, limit: 3 },
      '{"type":"reaction.users","key":"salt","reaction":"ice","after":{"reaction":"ice","user":"Max"},"limit":3}',
    ],
  ],
  'response.get': [
    [{ type: 'response.get', ...whose }, '["response.get","/menu","inn","?day=1",null]'],
    [
      { type: 'response.get', ...whose, authorization: 'Bearer x' },
      '["response.get","/menu","inn","?day=1","Bearer x"]',
    ],
  ],
  'response.fetch': [
    [
      { type: 'response.fetch', ...whose, authorization: 'Bearer x' },
      '{"type":"response.fetch","key":"/menu","tenant":"inn","query":"?day=1","authorization":"Bearer x"}',
    ],
  ],
  'response.put': [
    [
      { type: 'response.put', ...whose, contentType: 'a/b', body: bytes, headers: { etag: 'e' }, ttlMs: 7 },
      '{"type":"response.put","key":"/menu","tenant":"inn","query":"?day=1","contentType":"a/b","body":[false,3],"headers":{"etag":"e"},"ttlMs":7}',
      '\x00\xff\x80',
    ],
  ],
  'response.delete': [
    [
      { type: 'response.delete', key: '/menu', tenant: 'inn' },
      '{"type":"response.delete","key":"/menu","tenant":"inn"}',
    ],
  ],
  'response.invalidate': [
    [
      { type: 'response.invalidate', key: '/menu', isRefresh: true },
      '{"type":"response.invalidate","key":"/menu","isRefresh":true}',
    ],
  ],
  activity: [[{ type: 'activity', limit: 5 }, '{"type":"activity","limit":5}']],
  'responses.clear': [
    [{ type: 'responses.clear' }, '{"type":"responses.clear"}'],
    [{ type: 'responses.clear', tenant: 'inn' }, '{"type":"responses.clear","tenant":"inn"}'],
  ],
}

const [owner, stamp] = ['node-1', { time: 7, origin: 'b-1' }] as const
const replies: FormerReplies = {
  value: [
    [
      { type: 'value', owner, contentType: 'a/b', body: bytes, stamp },
      '["value","node-1","a/b",[false,3],7,"b-1"]',
      '\x00\xff\x80',
    ],
  ],
  stored: [[{ type: 'stored', owner, stamp, created: true }, '["stored","node-1",7,"b-1",true]']],
  deleted: [[{ type: 'deleted', owner }, '["deleted","node-1"]']],
  missing: [[{ type: 'missing', owner }, '["missing","node-1"]']],
  mismatch: [
    [
      { type: 'mismatch', failed: 'ifMatch', stamp, owner },
      '{"type":"mismatch","failed":"ifMatch","stamp":{"time":7,"origin":"b-1"},"owner":"node-1"}',
    ],
  ],
  total: [[{ type: 'total', owner, value: '-12' }, '["total","node-1","-12"]']],
  done: [[{ type: 'done', owner }, '["reacted","node-1"]']],
  counts: [
    [
      { type: 'counts', counts: { fire: 2 }, owner },
      '{"type":"counts","counts":{"fire":2},"owner":"node-1"}',
    ],
  ],
  users: [
    [
      { type: 'users', users: { fire: ['Sam'] }, next: { reaction: 'fire', user: 'Sam' }, owner },
      '{"type":"users","users":{"fire":["Sam"]},"next":{"reaction":"fire","user":"Sam"},"owner":"node-1"}',
    ],
  ],
  activity: [
    [
      { type: 'activity', contents: [{ content: 'stew', users: 1, counts: { fire: 1 } }], owner },
      '{"type":"activity","contents":[{"content":"stew","users":1,"counts":{"fire":1}}],"owner":"node-1"}',
    ],
  ],
  response: [
    [
      {
        type: 'response',
        status: 200,
        contentType: 'a/b',
        body: bytes,
        headers: { etag: 'e' },
        ageMs: 4,
        cacheStatus: 'hit',
        owner,
      },
      '{"type":"response","status":200,"contentType":"a/b","body":[false,3],"headers":{"etag":"e"},"ageMs":4,"cacheStatus":"hit","owner":"node-1"}',
      '\x00\xff\x80',
    ],
  ],
}

const jam = { contentType: 'a', body: 'b' }
const presence = { reaction: 'fire', user: 'Sam', time: 7, endsAtMs: Infinity, isGone: false }

const entries: { [K in Exclude<Entry['kind'], 'turned' | 'limit'>]: Golden<Extract<Entry, { kind: K }>> } = {
  register: [
    [{ kind: 'register', stamp, endsAtMs: 50 }, '["register","vsalt",3,7,"b-1",50]'],
    [
      { kind: 'register', stamp, endsAtMs: Infinity, value: { contentType: 'a/b', body: bytes } },
      '["register","vsalt",3,7,"b-1",null,"a/b",[false,3],null]',
      '\x00\xff\x80',
    ],
    [
      { kind: 'register', stamp, endsAtMs: 9, value: { ...jam, headers: { etag: 'e' } } },
      '["register","vsalt",3,7,"b-1",9,"a","b",{"etag":"e"}]',
    ],
  ],
  counter: [
    [
      { kind: 'counter', tallies: { 'a-1': { added: 2n ** 65n, taken: 3n } } },
      '["counter","csalt",3,null,[["a-1","36893488147419103232","3"]]]',
    ],
    [{ kind: 'counter', reset: { ...stamp, atMs: 50 }, tallies: {} }, '["counter","csalt",3,[7,"b-1"],[]]'],
  ],
  reactions: [
    [
      Reactions.ofAll([presence, { ...presence, user: 'Max', endsAtMs: 50, isGone: true }]),
      '["reactions","vsalt",3,[["fire","Sam",7,null,false],["fire","Max",7,50,true]]]',
    ],
  ],
}

function frame(head: string, body = ''): string {
  const prefix = Buffer.of(3, 0, 0, 0, 0)
  prefix.writeUInt32BE(head.length, 1)
  return prefix.toString('latin1') + head + body
}

const said = { format: FORMER, epoch: 1, time: 2 }
describe('in the former format', () => {
  for (const [type, all] of Object.entries(commands))
    it(`${type} is what it always was`, () => {
      for (const [command, field, body] of all) {
        const routed = { command, requestId: 'r', traced: false, remainingMs: 5 }
        const encoded = encodeRequest({ ...said, commands: [routed] })
        expect(encoded.toString('latin1')).to.equal(frame(`[1,2,null,[["r",false,5,[${field}]]]]`, body))
        expect(decodeRequest(encoded).commands).to.deep.equal([routed])
      }
    })

  for (const [type, all] of Object.entries(replies))
    it(`the reply ${type} is what it always was`, () => {
      for (const [reply, field, body] of all) {
        const results: Result[] = [{ reply }]
        const encoded = encodeResponse({ ...said, results })
        expect(encoded.toString('latin1')).to.equal(frame(`[1,2,null,[${field}]]`, body))
        expect(decodeResponse(encoded).results).to.deep.equal(results)
      }
    })

  for (const [kind, all] of Object.entries(entries))
    it(`a ${kind} is what it always was`, () => {
      for (const [entry, field, body] of all) {
        const message = { type: 'give', entries: [{ slot: 3, id: 'vsalt', entry }] } as const
        const encoded = encodeSlotRequest({ ...said, from: 'b-1', message }, now)
        expect(encoded.toString('latin1')).to.equal(frame(`[1,2,null,"b-1","give",[${field}]]`, body))
        expect(encodeSlotRequest(decodeSlotRequest(encoded, now), now).equals(encoded)).to.equal(true)
      }
    })
})
