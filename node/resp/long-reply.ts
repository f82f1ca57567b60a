/** A list that is long is put together some items at a time, before it is told: so others are served in between. */
import type { Eventual } from '../../shared/eventual.ts'
import type { Steps } from '../../shared/steps.ts'
import type { Turns } from '../../shared/turns.ts'
import { portionsOf } from './portions.ts'
import {
  Encoded,
  itemsOf,
  type ListReply,
  type Piece,
  type Reply,
  SetReply,
  type Told,
  type Version,
  Writer,
} from './writer.ts'

const LONG = 1000
/** Put together in one step: a fraction of a millisecond. */
const STEP = 250

/** The same, as readers of this version have it, or as it is where it is short. */
export function preparedFor(version: Version, reply: Reply, turns: Pick<Turns, 'take'>): Eventual<Told> {
  const isList = Array.isArray(reply) || reply instanceof SetReply
  return isList && itemsOf(reply).length > LONG ? turns.take('commands', encoding(reply, version)) : reply
}

function* encoding(list: ListReply, version: Version): Steps<Encoded> {
  const writer = new Writer()
  writer.version = version
  writer.addHead(list)
  const pieces: Piece[] = []
  for (const some of portionsOf(itemsOf(list), STEP)) {
    for (const item of some) writer.add(item)
    pieces.push(...writer.take())
    yield
  }
  return new Encoded(pieces)
}
