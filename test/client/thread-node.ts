/**
 * A node on a thread of its own, which answers while the thread of the client does something else: it holds its answer
 * back until `ANSWER` is set, and says in what it shares how far it is.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

/** What both threads see. */
export const ASKED = 0
export const ANSWER = 1
export const ANSWERED = 2
export const SHARED_BYTES = 3 * Int32Array.BYTES_PER_ELEMENT

/** Of the one who waits for it, no longer than a test may take. */
const HELD_MAX_MS = 5000

if (parentPort !== null) {
  const seen = new Int32Array(workerData)
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      set(seen, ASKED)
      Atomics.wait(seen, ANSWER, 0, HELD_MAX_MS)
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end('{"results":[{"status":200,"key":"k","data":"of k","etag":"\\"1\\""}]}', () =>
        set(seen, ANSWERED),
      )
    })
  })
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    parentPort?.postMessage(`http://127.0.0.1:${port}`)
  })
}

/** Wakes whoever waits for it. */
export function set(seen: Int32Array, what: number): void {
  Atomics.store(seen, what, 1)
  Atomics.notify(seen, what)
}
