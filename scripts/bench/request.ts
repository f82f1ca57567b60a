/** The bytes of an HTTP request. */
export interface RequestLine {
  readonly path: string
  /** A POST when there is one, otherwise a GET. */
  readonly body?: string | object
  /** Of the body, unless it is an object: that is JSON. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

export function requestText({ path, body, type = 'application/json', headers = {} }: RequestLine): string {
  const text = typeof body === 'object' ? JSON.stringify(body) : body
  const fields = { host: '127.0.0.1', ...headers, ...(text === undefined ? {} : contentFields(text, type)) }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${text === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${text ?? ''}`
}

function contentFields(text: string, type: string): Record<string, string> {
  return { 'content-type': type, 'content-length': `${Buffer.byteLength(text)}` }
}
