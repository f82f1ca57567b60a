/** Reactions: who is engaged with what, and presences that end by themselves. */
import type { CallOptions } from './attempts.ts'
import type { Calls, Fields } from './calls.ts'
import { fieldsIn } from './calls.ts'
import { isObject, notUnderstood } from './errors.ts'
import { inPath } from './key.ts'
import { pages } from './pages.ts'
import { Presence, type PresenceOptions } from './presence.ts'

export interface ReactOptions extends CallOptions {
  /** Seconds until it ends by itself. */
  readonly ttl?: number
  /** It ends the other reactions of that user to this content. */
  readonly unique?: boolean
}

/** How many users there are, by reaction. */
export type Counts = Readonly<Record<string, number>>

export class Reactions {
  readonly #calls: Calls
  readonly #content: string

  constructor(calls: Calls, content: string) {
    this.#calls = calls
    this.#content = content
  }

  async add(user: string, reaction: string, { ttl, unique, ...call }: ReactOptions = {}): Promise<void> {
    if (unique !== true) {
      const fields = { user, reaction, ...(ttl !== undefined && { ttl }) }
      await this.#calls.operate({ op: 'react', key: this.#content, fields, ...call })
      return
    }
    await this.#calls.request({
      method: 'POST',
      path: '/api/v1/reaction',
      key: this.#content,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        type: 'reaction',
        action: 'add',
        content_id: this.#content,
        user_id: user,
        reaction_type: reaction,
        unique,
        ...(ttl !== undefined && { ttl }),
      }),
      ...call,
    })
  }

  async remove(user: string, reaction: string, options: CallOptions = {}): Promise<void> {
    await this.#calls.operate({ op: 'unreact', key: this.#content, fields: { user, reaction }, ...options })
  }

  /** Empty where nobody is engaged. */
  async counts(options: CallOptions = {}): Promise<Counts> {
    const op = { op: 'reactions', key: this.#content, isRead: true, answers: [404] }
    const result = await this.#calls.operate({ ...op, ...options })
    return result['status'] === 404 ? {} : countsIn(result)
  }

  /** The counts, and the reactions of this user. */
  async seenBy(user: string, options: CallOptions = {}): Promise<{ counts: Counts; own: readonly string[] }> {
    const path = `/api/v1/reaction/reactions_count/${inPath(this.#content)}`
    const answer = await this.#calls.request({
      method: 'GET',
      path: `${path}?user_id=${encodeURIComponent(user)}`,
      key: this.#content,
      answers: [404],
      ...options,
    })
    if (answer.status === 404) return { counts: {}, own: [] }
    const fields = fieldsIn(answer)
    const { own } = fields
    return { counts: countsIn(fields), own: Array.isArray(own) ? own : [] }
  }

  /** Who is engaged in that way; `timeoutMs` is that of a page. */
  users(reaction: string, options: CallOptions = {}): AsyncIterable<string> {
    const path = `/api/v1/reaction/users/${inPath(this.#content)}`
    return pages(this.#calls, {
      path: `${path}?reaction_type=${encodeURIComponent(reaction)}&limit=1000`,
      key: this.#content,
      answers: [404],
      read: ({ users }) => (isObject(users) && Array.isArray(users[reaction]) ? users[reaction] : []),
      call: options,
    })
  }

  /** Adds a reaction that lasts for as long as this process does, or until it is stopped. */
  async present(user: string, reaction: string, options: PresenceOptions = {}): Promise<Presence> {
    const engaged = {
      add: (how: ReactOptions) => this.add(user, reaction, how),
      remove: () => this.remove(user, reaction),
    }
    return await Presence.begin(engaged, options)
  }
}

function countsIn(fields: Fields): Counts {
  const { reaction_count: counts } = fields
  if (!isObject(counts)) throw notUnderstood(fields)
  return counts as Counts
}
