/** The page at /openapi.json, as a judge: whether an answer is one that it promises. */
import { Ajv2020 } from 'ajv/dist/2020.js'

interface Response {
  readonly headers?: object
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>
}

interface Operation {
  readonly security: readonly object[]
  readonly responses: Readonly<Record<string, Response>>
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  /** What the schemas refer to. */
  readonly components: object
}

export interface Judged {
  readonly status: number
  readonly contentType: string
  readonly text: string
  /** Names of headers, where they are judged too. */
  readonly headers?: readonly string[]
}

/** Headers that say the same of every answer, or that only browsers and proxies look at. */
const OF_ALL =
  /^(?:date|connection|keep-alive|vary|allow|content-(?!range)|transfer-|cache-control|x-|www-auth|access-|referrer|cross-)/

export class Page {
  readonly #paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly #components: object
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false })

  /** With what members ask of each other. */
  static async of(url: string, headers: Record<string, string> = {}): Promise<Page> {
    const page = await fetch(`${url}/openapi.json?internal=1`, { headers })
    return new Page((await page.json()) as Document)
  }

  constructor({ paths, components }: Document) {
    this.#paths = paths
    this.#components = components
  }

  get paths(): string[] {
    return Object.keys(this.#paths)
  }

  /** Like `GET /api`. */
  get operations(): string[] {
    return this.paths.flatMap((path) => this.methodsOf(path).map((method) => `${method} ${path}`))
  }

  methodsOf(path: string): string[] {
    return Object.keys(this.#paths[path] ?? {}).map((method) => method.toUpperCase())
  }

  isOpen(operation: string): boolean {
    return this.#find(operation)?.security.length === 0
  }

  statusesOf(operation: string): number[] {
    return Object.keys(this.#find(operation)?.responses ?? {}).map(Number)
  }

  /** What is wrong with an answer, by this page; `undefined` when it is as promised. */
  complaint(operation: string, { status, contentType, text, headers = [] }: Judged): string | undefined {
    const response = this.#find(operation)?.responses[status]
    if (response === undefined) return `${status} is not documented`
    const named = Object.keys(response.headers ?? {}).map((name) => name.toLowerCase())
    const other = headers.find((name) => !OF_ALL.test(name) && !named.includes(name))
    if (other !== undefined) return `the header ${other} is not documented`
    if (response.content === undefined) return text === '' ? undefined : 'a body is not documented'
    const type = contentType.split(';')[0] ?? ''
    const content = response.content[type] ?? response.content['*/*']
    if (content === undefined) return `${type || 'no type'} is not documented`
    if (content.schema === undefined) return undefined
    const value: unknown = /[/+]json$/.test(type) ? JSON.parse(text) : text
    return this.#ajv.validate({ ...content.schema, components: this.#components }, value)
      ? undefined
      : this.#ajv.errorsText()
  }

  #find(operation: string): Operation | undefined {
    const [method = '', path = ''] = operation.split(' ')
    return this.#paths[path]?.[method.toLowerCase()]
  }
}
