/** The yardstick for clients of Redis: the same reader and writer on a bare server of `node:net`, with a Map behind them. */
import { createServer } from 'node:net'
import { Reader } from '../../node/resp/reader.ts'
import { OK, type Reply, Writer } from '../../node/resp/writer.ts'

const values = new Map<string, Buffer>()

const server = createServer({ noDelay: true }, (socket) => {
  const reader = new Reader({ commandBytesMax: 2 ** 23 })
  const writer = new Writer()
  socket.on('error', () => socket.destroy())
  socket.on('data', (piece: Buffer) => {
    reader.push(piece)
    for (let words = reader.next(); words !== undefined; words = reader.next()) writer.add(replyTo(words))
    for (const told of writer.take())
      if (typeof told === 'string') socket.write(told, 'latin1')
      else socket.write(told)
  })
})
server.listen(Number(process.env['RESP_PORT']), '127.0.0.1', () => process.send?.('listening'))
process.on('disconnect', () => process.exit())

function replyTo([name, key, value]: readonly Buffer[]): Reply {
  switch (name?.toString('latin1').toUpperCase()) {
    case 'GET':
      return values.get(key?.toString() ?? '') ?? null
    case 'SET':
      values.set(key?.toString() ?? '', Buffer.from(value ?? ''))
      return OK
    default:
      return []
  }
}
