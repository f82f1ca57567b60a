/** The fuzz run finds what it is there to find, at doors that let it happen, and nothing at ours. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { expect } from 'chai'
import { Random } from '../../scripts/chaos/random.ts'
import type { Door, Try } from '../../scripts/fuzz/door.ts'
import { INJECTION } from '../../scripts/fuzz/injection.ts'
import { SMUGGLING } from '../../scripts/fuzz/smuggling.ts'
import { run } from '../support/process.ts'

const TRIES = 300

/** Answers every request that it makes out in what has come, one way or the other. */
async function tries(door: Door, answer: (said: string) => string): Promise<Try[]> {
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    let said = ''
    socket.setEncoding('latin1').on('data', (piece: string) => {
      said += piece
    })
    socket.on('error', () => {}).on('end', () => socket.end(answer(said), 'latin1'))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const target = { port, respPort: port, apiKey: 'key', secret: 'secret' }
  const made: Try[] = []
  for (let index = 0; index < TRIES; index++)
    made.push(await door.attempt(target, new Random(index), `fuzz:${index}`))
  server.close()
  return made
}

describe('scripts: the fuzz run', () => {
  it('sends what a server would take for a second request that takes any line for the framing', async () => {
    const made = new Set<string>()
    await tries(SMUGGLING, (said) => {
      const [head = '', ...rest] = said.split('\r\n\r\n')
      const isChunked = /transfer.encoding.*chunked/i.test(head)
      const length = Number.parseInt(/content.length\s*:\s*\+?(\d+)/i.exec(head)?.[1] ?? '0', 10)
      const body = rest.join('\r\n\r\n')
      const behind =
        isChunked && /^\W*0/.test(body) ? body.slice(body.indexOf('\r\n\r\n') + 4) : body.slice(length)
      const [, key] = /^PUT \/api\/v1\/kv\/(\S+)/.exec(behind) ?? []
      if (key !== undefined) made.add(key)
      return 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'
    })
    expect(made.size).to.be.above(TRIES / 10)
  })

  it('notices a header that comes out as it went in', async () => {
    const found = await tries(INJECTION, (said) => {
      const given =
        /(?:content-type|x-request-id|org_id): ([\s\S]*?)\r\ncontent-length/i.exec(said)?.[1] ?? 'none'
      return `HTTP/1.1 200 OK\r\nx-given: ${given}\r\ncontent-length: 0\r\n\r\n`
    })
    expect(found.filter(({ finding }) => finding !== undefined)).not.to.deep.equal([])
  })

  it('finds nothing at a node, and says by which seed it can be had again', async () => {
    const { code, stdout, stderr } = await run('node_modules/.bin/node', [
      'scripts/fuzz.ts',
      '--seconds',
      '1',
      '--seed',
      '7',
    ])
    expect(code, stdout + stderr).to.equal(0)
    expect(stdout).to.include('seed 7').and.to.include('nothing found')
  })

  it('makes one try again, and says what it does not understand', async () => {
    const only = (what: string) =>
      run('node_modules/.bin/node', ['scripts/fuzz.ts', '--seed', '7', '--only', what])
    expect((await only('smuggling:3')).stdout).to.include('1 tries at each door')
    const { code, stderr } = await only('window')
    expect({ code, said: stderr.split('\n')[0] }).to.deep.equal({
      code: 2,
      said: 'fuzz: --only window: there is no such door',
    })
  })
})
