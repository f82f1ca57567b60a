/** A client for tests: one request, its whole answer, and what every error answer must look like. */
import { expect } from 'chai'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** `undefined` where the body is not JSON. */
  readonly json: unknown
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
}

export const JSON_TYPE = { 'content-type': 'application/json' }

/** `target` like `GET http://127.0.0.1:4000/api?key=1`. */
export async function call(target: string, { headers = {}, body }: CallOptions = {}): Promise<Answer> {
  const [method = '', url = ''] = target.split(' ')
  const response = await fetch(url, {
    method,
    headers,
    redirect: 'manual',
    ...(body !== undefined && { body }),
  })
  const text = await response.text()
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '') && text !== ''
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  }
}

/** Sends JSON: a value, or text that is sent as it is. */
export function send(target: string, value: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const body = typeof value === 'string' ? value : JSON.stringify(value)
  return call(target, { headers: { ...JSON_TYPE, ...headers }, body })
}

export function expectProblem(answer: Pick<Answer, 'status' | 'text'>, status: number, code: string): void {
  expect(answer.status, answer.text).to.equal(status)
  const problem: unknown = JSON.parse(answer.text)
  expect(problem).to.include({ status, code })
  expect(problem).to.include.keys('type', 'title', 'detail')
}
