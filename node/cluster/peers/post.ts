/**
 * One POST on a kept-alive connection. The member-to-member path is the one place that does not use
 * node-fetch: its streams and headers cost as much as everything else that is done for a batch.
 */
import { type Agent, request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Clock } from '../../../shared/clock.ts'
import { Collector } from '../../../shared/collector.ts'
import { toLarderError } from '../../../shared/errors.ts'
import type { Share } from '../../../shared/in-flight.ts'
import { atOnce } from '../../../shared/steps.ts'

export interface PostOptions {
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** What it has of what is in flight. */
  readonly share: Share
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
    const answer = Collector.announced(response.headers['content-length'], answerBytesMax)
    const take = (chunk: Buffer) => {
      if (answer.bytes + chunk.length > answerBytesMax)
        return void call.destroy(new Error(`an answer of over ${answerBytesMax} bytes`))
      try {
        options.share.arrive(chunk.length)
        answer.add(chunk)
      } catch (error) {
        call.destroy(toLarderError(error))
      }
    }
    void options.share
      .await(Number(response.headers['content-length'] ?? 0))
      .then(() => response.on('data', take))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: atOnce(answer.joined()) }))
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
