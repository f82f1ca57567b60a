/**
 * One POST on a kept-alive connection. The member-to-member path is the one place that does not use
 * node-fetch: its streams and headers cost as much as everything else that is done for a batch.
 */
import { type Agent, request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Clock } from '../../../shared/clock.ts'

export interface PostOptions {
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly answerBytesMax: number
  readonly clock: Clock
  /** How long the whole exchange may take. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** @throws what the connection throws, with its `code`. */
export function post(
  target: RequestOptions,
  options: PostOptions,
): Promise<{ status: number; body: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: Buffer }>()
  const { agent, body, answerBytesMax, clock, timeoutMs, signal } = options
  const request = target.protocol === 'https:' ? httpsRequest : httpRequest
  const headers = { ...options.headers, 'content-length': body.length }
  const call = request({ ...target, agent, headers, method: 'POST' }, (response) => {
    const chunks: Buffer[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes > answerBytesMax) call.destroy(new Error(`an answer of over ${answerBytesMax} bytes`))
    })
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }))
    response.on('error', reject)
  })
  const timer = clock.after(timeoutMs, () =>
    call.destroy(new Error(`no answer within ${Math.round(timeoutMs)} ms`)),
  )
  const callOff = () => call.destroy(new Error('it was called off'))
  signal?.addEventListener('abort', callOff)
  call.on('error', reject)
  call.on('close', () => {
    timer.cancel()
    signal?.removeEventListener('abort', callOff)
    reject(new Error('the connection was closed without an answer'))
  })
  call.end(body)
  return promise
}
