/** The client and the keys of a cluster. */
import { expect } from 'chai'
import { Larder } from '../../client/larder.ts'
import { startTestNode } from '../support/node.ts'
import { failure } from './through.ts'

const API_KEY = 'a-key-of-the-cluster'

describe('client: keys of the cluster', () => {
  it('are shown with all calls, and it is said where one is missing', async () => {
    await using node = await startTestNode({ API_KEY })
    using larder = new Larder({ urls: [`${node.url}/`], apiKey: API_KEY })
    await larder.set('k', new Uint8Array(100_000))
    expect(await larder.counter('c').add()).equal(1n)
    expect(await larder.clear('')).equal(2)
    using stranger = new Larder({ urls: [node.url] })
    for (const call of [
      () => stranger.get('k'),
      () => stranger.clear(''),
      () => stranger.set('k', new Uint8Array(100_000)),
    ])
      expect(await failure(call())).include({ code: 'UNAUTHORIZED', status: 401, retryable: false })
  })
})
