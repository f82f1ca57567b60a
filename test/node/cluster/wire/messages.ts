/** A message of a channel as it goes over the wire. */
import { type Message, send } from '../../../../node/cluster/peers/message.ts'

export function bytesOf(message: Message): Buffer {
  const pieces: Uint8Array[] = []
  const socket = { cork() {}, uncork() {}, write: (piece: Uint8Array) => pieces.push(piece) > 0 }
  send(socket, message)
  return Buffer.concat(pieces)
}
