/** The page of an uplink: who is alive, what they hold, and what is going on. Data in, HTML out. */
import type { Member, View } from '../shared/view.ts'
import { Html, html } from './html.ts'
import type { Happening } from './journal.ts'
import { missing } from './past.ts'
import type { Status } from './statuses.ts'
import { STYLE } from './style.ts'

export interface ShownMember {
  readonly member: Member
  /** As far as this uplink has seen. */
  readonly renewedMsAgo: number | undefined
  /** `undefined` when it did not tell. */
  readonly status: Status | undefined
}

/** One that wants to be a member, and is kept out. */
export interface ShownOutsider {
  readonly member: Member
  readonly reason: string
  readonly sinceMsAgo: number
  readonly againInMs: number
}

export interface PageData extends Omit<View, 'members'> {
  readonly members: readonly ShownMember[]
  readonly outsiders: readonly ShownOutsider[]
  readonly happenings: readonly Happening[]
  readonly leaseMs: number
  /** Why the store of the registry cannot be used, if so. */
  readonly trouble: string | undefined
  /** Since 1970. */
  readonly nowMs: number
}

const REFRESH_SECONDS = 5
/** A member renews three times in a lease; after this part of one it has missed at least one renewal. */
const QUIET_PART = 0.5

export function page(data: PageData): string {
  const { trouble, happenings, nowMs } = data
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${REFRESH_SECONDS}">
<title>Larder uplink</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<h1>Larder uplink</h1>
<div class="faint">As of ${time(nowMs)}, anew every ${REFRESH_SECONDS} seconds. For scripts: the same address
as JSON, and /metrics.</div>
${trouble === undefined ? undefined : html`<p class="trouble"><b class="bad">The registry cannot change.</b> ${trouble}</p>`}
${waiting(data)}${facts(data)}
<h2>Members <span class="legend faint">of the slots: <i class="owned"></i>owned <i class="replicated"></i>replicated
<i class="arriving"></i>arriving</span></h2>
<div class="card">${memberTable(data)}</div>
${outsiderSection(data)}<h2>What has happened <span class="faint">as this uplink remembers it, the newest first</span></h2>
<div class="card">${happeningTable(happenings)}</div>
</body>
</html>
`.text
}

function waiting({ last, members, gone }: PageData): Html | undefined {
  if (last === undefined) return undefined
  const awaited = missing(last, { members: members.map(({ member }) => member), gone })
  return html`<p class="trouble"><b class="bad">Slots wait for ${awaited.join(', ')}.</b> All members were stopped, and
these held slots last, in epoch ${last.epoch}. Start them again; or, if a disk will not come back, say so with
POST /api/v1/gone.</p>
`
}

function facts({ epoch, copies, members, leaseMs }: PageData): Html {
  const leaving = members.filter(({ member }) => member.leaving).length
  const rows: readonly [name: string, value: string][] = [
    ['epoch', String(epoch)],
    ['members', count(members.length)],
    ['leaving', count(leaving)],
    ['copies', count(copies)],
    ['lease', duration(leaseMs)],
  ]
  return html`<dl class="facts">${rows.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`
}

function memberTable({ members, epoch, leaseMs }: PageData): Html {
  if (members.length === 0) return html`<div class="none">Nobody is registered.</div>`
  const fullBar = Math.max(1, ...members.map(({ status }) => (status ? slotsHeld(status) : 0)))
  return html`<table>
<thead><tr><th>member<th>state<th>renewed<th>slots<th>entries<th>memory<th>requests</thead>
<tbody>
${members.map((shown) => memberRow(shown, { epoch, leaseMs, fullBar, members }))}</tbody>
</table>`
}

function outsiderSection({ outsiders }: PageData): Html | undefined {
  if (outsiders.length === 0) return undefined
  return html`<h2>Kept out</h2>
<div class="card"><table>
<thead><tr><th>member<th>since<th>looked at again<th>why</thead>
<tbody>
${outsiders.map(
  ({ member, reason, sinceMsAgo, againInMs }) => html`<tr>
<td class="id">${member.id}<small>${member.url}</small></td>
<td class="time">${duration(sinceMsAgo)} ago</td><td class="time">in ${duration(Math.max(0, againInMs))}</td>
<td class="bad">${reason}</td>
</tr>
`,
)}</tbody>
</table></div>
`
}

function memberRow(
  { member, renewedMsAgo, status }: ShownMember,
  { epoch, leaseMs, fullBar, members }: Pick<PageData, 'epoch' | 'leaseMs' | 'members'> & { fullBar: number },
): Html {
  const isQuiet = renewedMsAgo === undefined || renewedMsAgo > leaseMs * QUIET_PART
  const state = member.leaving ? 'leaving' : isQuiet ? 'quiet' : 'alive'
  const renewed = renewedMsAgo === undefined ? 'not seen yet' : `${duration(renewedMsAgo)} ago`
  return html`<tr>
<td class="id">${member.id}<small>${member.url}</small><small>since epoch ${member.since}</small>${speech(member)}</td>
<td><span class="state ${state}">${state}</span>${reachedBy(member, members)}</td>
<td class="time">${renewed}</td>
${status === undefined ? html`<td colspan="4" class="faint">It does not tell.</td>` : statusCells(status, { epoch, fullBar })}
</tr>
`
}

/** What the others that tell of it know of a member: how many reach it, and why the others do not. */
function reachedBy({ incarnation }: Member, members: readonly ShownMember[]): Html | undefined {
  const told = members.flatMap(({ member: { id }, status }) =>
    (status?.peers ?? []).flatMap((record) => (record.incarnation === incarnation ? [{ id, record }] : [])),
  )
  if (told.length === 0) return undefined
  const isWell = ({ record: { reachable, understood } }: (typeof told)[number]) => reachable && understood
  const [well, ill] = [told.filter(isWell), told.filter((one) => !isWell(one))]
  const seen = told
    .flatMap(({ record }) => record.last_seen ?? [])
    .toSorted()
    .at(-1)
  return html`<small>reached by ${well.length} of ${told.length} others${seen === undefined ? '' : `, last seen ${clockOf(seen)}`}</small>${ill.map(
    ({ id, record: { since, reason } }) =>
      html`<small class="bad">not by ${id}${since === undefined ? '' : ` since ${clockOf(since)}`}: ${reason}</small>`,
  )}`
}

/** The time of day. */
function clockOf(stamp: string): string {
  return `${stamp.slice(11, 19)} UTC`
}

function speech({ version, formats = [] }: Member): Html | undefined {
  if (version === undefined) return undefined
  return html`<small>version ${version}, formats ${formats.join(' ')}</small>`
}

function statusCells(status: Status, { epoch, fullBar }: { epoch: number; fullBar: number }): Html {
  const { slots, entries, bytes, requests, requestsPerSecond } = status
  const behind =
    status.epoch === epoch ? undefined : html`<small class="bad">still by epoch ${status.epoch}</small>`
  const kinds = Object.entries(entries).filter(([, held]) => held > 0)
  const total = kinds.reduce((sum, [, held]) => sum + held, 0)
  const rate =
    requestsPerSecond === undefined ? undefined : `${count(Math.max(0, requestsPerSecond))} a second`
  return html`<td class="slots">${bar(status, fullBar)}<small>${count(slots.owned)} owned,
${count(slots.replicated)} replicated, ${count(slots.arriving)} arriving</small>${behind}</td>
<td>${count(total)}<small>${kinds.map(([kind, held]) => `${count(held)} ${kind}`).join(', ')}</small></td>
<td class="num">${size(bytes)}</td>
<td class="num">${count(requests)}<small>${rate}</small></td>`
}

function slotsHeld({ slots }: Status): number {
  return slots.owned + slots.replicated + slots.arriving
}

/** Against the fullest member's. Drawn without a style of its own, which the policy of the page forbids. */
function bar({ slots }: Status, fullBar: number): Html {
  let x = 0
  const part = (name: 'owned' | 'replicated' | 'arriving') => {
    const width = (slots[name] / fullBar) * 100
    const drawn = html`<rect class="${name}" x="${x.toFixed(2)}" width="${width.toFixed(2)}" height="1"/>`
    x += width
    return drawn
  }
  const parts = [part('owned'), part('replicated'), part('arriving')]
  return html`<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">${parts}</svg>`
}

function happeningTable(happenings: readonly Happening[]): Html {
  if (happenings.length === 0) return html`<div class="none">Nothing yet.</div>`
  return html`<table>
<thead><tr><th>when<th>epoch<th>member<th>what</thead>
<tbody>
${happenings.map(
  ({ atMs, epoch, id, what }) => html`<tr><td class="time">${time(atMs)}</td><td>${epoch}</td>
<td class="id">${id}</td><td>${what}</td></tr>
`,
)}</tbody>
</table>`
}

const numbers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })

function count(value: number): string {
  return numbers.format(value)
}

function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = bytes === 0 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${count(bytes / 2 ** (10 * step))} ${units[step]}`
}

function duration(ms: number): string {
  if (ms < 120_000) return `${count(ms / 1000)} s`
  return ms < 7_200_000 ? `${count(ms / 60_000)} min` : `${count(ms / 3_600_000)} h`
}

/** In UTC, to the second. */
function time(atMs: number): Html {
  const stamp = new Date(atMs).toISOString()
  return html`<time datetime="${stamp}">${stamp.slice(0, 19).replace('T', ' ')} UTC</time>`
}
