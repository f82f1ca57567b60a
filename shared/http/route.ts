/**
 * A route is a row: what it takes, what it answers, who may call it. Whatever finds the row of a request, the metrics
 * and the page at /openapi.json are all read off the rows.
 */
import type { ZodType } from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { Eventual } from '../eventual.ts'
import type { Right } from '../rights.ts'
import type { HttpRequest } from './request.ts'
import type { HttpResponse } from './response.ts'
import type { Upgrade } from './upgrade.ts'

/** What a body or an answer is made of: a media type and its schema, `undefined` standing for any bytes. */
export type Content = Readonly<Record<string, ZodType | undefined>>

export interface Answer {
  readonly description: string
  readonly content?: Content
  readonly headers?: Readonly<Record<string, string>>
}

export interface Parameter {
  readonly in: 'query' | 'path' | 'header'
  readonly name: string
  readonly description: string
  readonly schema: ZodType
  readonly required?: boolean
}

export interface Route {
  /** `GET`, `PUT`, `POST`, `PATCH` or `DELETE`; any other only where it is passed on. */
  readonly method: string
  /** As OpenAPI writes it: `/api/v1/kv/{key}`. A GET route answers HEAD too. */
  readonly path: string
  /** Where the path is no mere template: what matches it, with its parameters as groups. */
  readonly pattern?: RegExp
  readonly summary: string
  /** What it is called in clients that are generated, where its path does not say it well. */
  readonly operationId?: string
  /** What it is about, together with others. */
  readonly tag?: string
  /** It only says what is to be asked instead, and nobody needs to be told that it is there. */
  readonly isUnlisted?: boolean
  /** `open` to everyone, `public` with an API key where one is set, `member` with the cluster's secret. */
  readonly access: 'open' | 'public' | 'member'
  /** Of what is public, the rights of which a key has to have one; none means that any key will do. Default: reads, else writes. */
  readonly needs?: readonly Right[]
  /** `Authorization` is for somebody else here, and no way to show a key. */
  readonly passesAuthorization?: boolean
  /** Where that depends on what is asked of it. */
  accessOf?(request: HttpRequest): Route['access']
  /** Asked so often that it is answered in front of Koa. */
  readonly isHot?: boolean
  /** Asked by machines all the time: it neither keeps a leaving service open nor says anything of its use. */
  readonly isProbe?: boolean
  /** What takes over a connection that asks for another protocol here. */
  readonly upgrade?: Upgrade
  readonly parameters?: readonly Parameter[]
  /**
   * What is in its query besides is none of our business, as is how its answers are coded: it passes on what somebody else
   * asks and answers, or who asks may be of another version. Everywhere else a parameter that is not there is refused.
   */
  readonly isForOthers?: boolean
  /** What is in its query is for it alone to judge, and so is what it does not have; all else is heeded as everywhere. */
  readonly judgesQuery?: boolean
  /** What is asked again counts again: an Idempotency-Key, of which nothing would be remembered, is refused. */
  readonly countsAgain?: boolean
  readonly body?: Content
  /** Nothing at all may be sent as well. */
  readonly isBodyOptional?: true
  readonly answers: Readonly<Record<number, Answer>>
  /** The errors it may answer with, besides those that every route has. */
  readonly errors?: readonly ErrorCode[]
  /** A problem as whoever asks here expects it, where that is not as everywhere. */
  retold?(problem: HttpResponse): HttpResponse
  /** @throws LarderError, or as a rejection: it is answered as a problem. */
  handle(request: HttpRequest): Eventual<HttpResponse>
}

/** A path whose last parameter may have slashes in it: all that follows is its value. */
export function withRest(path: string): { readonly path: string; readonly pattern: RegExp } {
  return { path, pattern: new RegExp(`^${path.replace(/\{\w+\}$/, '([^?#]+)')}$`) }
}
