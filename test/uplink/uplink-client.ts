/** Uplink as its callers see it: HTTP calls, and what they answer. */
import fetch from 'node-fetch'
import type { ClusterStatus } from '../../shared/page/page.ts'
import { ClusterStatus as StatusSchema } from '../../shared/page/status.ts'
import { Lease, type Member, type Renewal, View } from '../../shared/view.ts'

export interface Answered {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly text: string
  /** Of a problem. */
  readonly code: string | undefined
}

/** What a member knows of views, and of others. */
export type Seen = Partial<Pick<Renewal, 'epoch' | 'members' | 'last' | 'unreached' | 'lacking'>>

export class UplinkClient {
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url
    this.#headers = headers
  }

  async call(method: string, path: string, body?: unknown): Promise<Answered> {
    const isText = typeof body === 'string'
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { ...this.#headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
    })
    const { status, headers } = response
    const text = await response.text()
    const isProblem = headers.get('content-type')?.startsWith('application/problem+json') ?? false
    return { status, headers, text, code: isProblem ? JSON.parse(text).code : undefined }
  }

  /** Registers or renews; a member that is leaving says so. */
  renew({ id, since: _, ...life }: Member, seen: Seen = {}): Promise<Answered> {
    const renewal = { ...life, epoch: 0, ...seen }
    return this.call('PUT', `/api/v1/members/${encodeURIComponent(id)}`, renewal)
  }

  async lease(member: Member, seen: Seen = {}): Promise<Lease> {
    const { status, text } = await this.renew(member, seen)
    if (status !== 200) throw new Error(`no lease: ${text}`)
    return Lease.parse(JSON.parse(text))
  }

  leave({ id, incarnation }: Member): Promise<Answered> {
    return this.call('DELETE', `/api/v1/members/${encodeURIComponent(id)}?incarnation=${incarnation}`)
  }

  report({ id, incarnation }: Member): Promise<Answered> {
    return this.call('POST', `/api/v1/members/${encodeURIComponent(id)}/report`, { incarnation })
  }

  giveUp(id: string): Promise<Answered> {
    return this.call('POST', '/api/v1/gone', { member: id })
  }

  /** With an epoch, waits for one beyond it. Leaves out since when each is a member. */
  async view(after?: number): Promise<View> {
    const { text } = await this.call('GET', `/api/v1/view${after === undefined ? '' : `?after=${after}`}`)
    const view = View.parse(JSON.parse(text))
    return { ...view, members: view.members.map(({ since: _, ...member }) => member) }
  }

  async ids(): Promise<string[]> {
    return (await this.view()).members.map(({ id }) => id)
  }

  /** Watches until the members are these. */
  async watchFor(...ids: string[]): Promise<View> {
    let view = await this.view()
    while (view.members.map(({ id }) => id).join() !== ids.join()) view = await this.view(view.epoch)
    return view
  }

  /** What the page shows. */
  async status(): Promise<ClusterStatus> {
    return StatusSchema.parse(JSON.parse((await this.call('GET', '/api/v1/status')).text))
  }

  /** What has happened, the newest first. */
  async happened(): Promise<string[]> {
    return (await this.status()).events.map(({ id = '', what }) => `${id}: ${what}`)
  }

  /** A sample at /metrics, by its name and labels as they are written there. */
  async metric(name: string): Promise<number> {
    const { text } = await this.call('GET', '/metrics')
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `))
    return Number(line?.slice(name.length) ?? 0)
  }
}
