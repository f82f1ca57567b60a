/** Requests to other members that nobody waits for any more. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { HttpConnection } from '../../../../node/cluster/peers/connection.ts'
import { SLOTS_PATH } from '../../../../node/cluster/wire/slots.ts'
import { systemClock } from '../../../../shared/clock.ts'
import { testMeans } from '../../../support/means.ts'
import { memberOf } from '../../../support/views.ts'
import { failureOf } from './echo.ts'

describe('a request that is called off', () => {
  it('leaves no connection behind', async () => {
    const server = createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const member = { ...memberOf('b'), url: `http://127.0.0.1:${port}` }
    const connection = new HttpConnection(member, {
      clock: systemClock,
      self: { id: 'a', incarnation: 'a-1' },
      told() {},
      listening: { taken: undefined, opened: new Set(), answering: { rows: [], questionBytesMax: 0 } },
      clusterSecrets: [],
      connectionsMax: 10,
      inFlight: testMeans().inFlight,
    })
    const calling = new AbortController()
    const failed = failureOf(
      connection.post({
        lane: 'slots',
        path: SLOTS_PATH,
        body: Buffer.of(),
        timeoutMs: 60_000,
        signal: calling.signal,
      }),
    )
    const [message] = await once(server, 'request')
    const closed = once(message.socket, 'close')
    calling.abort()
    expect((await failed).message).to.equal('it was called off')
    await closed
    connection.close()
    await once(server.close(), 'close')
  })
})
