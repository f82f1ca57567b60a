/** Calls of the process that the page comes from, with the key that somebody has given it; that is kept here and nowhere else. */

let key = ''

/** An answer that is a problem (RFC 9457). */
export class Refusal extends Error {
  /** @param {number} status @param {string} detail */
  constructor(status, detail) {
    super(detail)
    this.status = status
  }
}

/** @param {string} shown */
export function showKey(shown) {
  key = shown
}

/**
 * @param {string} path @param {RequestInit & { headers?: Record<string, string> }} [init]
 * @throws {Refusal} for any answer but a good one, and TypeError where there is none.
 */
export async function request(path, { headers = {}, ...init } = {}) {
  const response = await fetch(path, {
    ...init,
    headers: { ...(key !== '' && { authorization: `Bearer ${key}` }), ...headers },
    // No password box of the browser: the page has its own.
    credentials: 'omit',
    cache: 'no-store',
    redirect: 'error',
  })
  if (response.ok) return response
  const problem = await response.json().catch(() => ({}))
  throw new Refusal(
    response.status,
    String(problem.detail ?? problem.title ?? `It answers ${response.status}.`),
  )
}

/** @param {string} path */
export async function read(path) {
  return await (await request(path)).json()
}

/** As a call, what is not there being nothing. @template T @param {Promise<T>} call @returns {Promise<T | undefined>} */
export async function ifThere(call) {
  try {
    return await call
  } catch (thrown) {
    if (thrown instanceof Refusal && thrown.status === 404) return undefined
    throw thrown
  }
}

/** @param {string} method @param {string} path @param {unknown} body */
export async function send(method, path, body) {
  const headers = { 'content-type': 'application/json' }
  return await request(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
}

/** In words for whoever pressed the button. @param {unknown} thrown */
export function why(thrown) {
  return thrown instanceof Refusal ? thrown.message : 'There was no answer.'
}
