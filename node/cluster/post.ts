/**
 * One POST on a kept-alive connection. The member-to-member path is the one place that does not use
 * node-fetch: its streams and headers cost as much as everything else that is done for a batch.
 */
import { type Agent, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

export interface PostOptions {
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly signal: AbortSignal
  readonly answerBytesMax: number
}

/** @throws what the connection throws, with its `code`; AbortError when the signal fires. */
export function post(
  url: string,
  { body, ...options }: PostOptions,
): Promise<{ status: number; body: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: Buffer }>()
  const request = url.startsWith('https:') ? httpsRequest : httpRequest
  const headers = { ...options.headers, 'content-length': body.length }
  const call = request(url, { ...options, headers, method: 'POST' }, (response) => {
    const chunks: Buffer[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes > options.answerBytesMax)
        call.destroy(new Error(`an answer of over ${options.answerBytesMax} bytes`))
    })
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }))
    response.on('error', reject)
  })
  call.on('error', reject)
  call.on('close', () => reject(new Error('the connection was closed without an answer')))
  call.end(body)
  return promise
}
