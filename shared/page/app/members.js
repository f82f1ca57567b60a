/**
 * The members in a table: how each stands and what it holds, and those that were here, until they are dismissed.
 *
 * @typedef {import('../status.ts').ClusterStatus} ClusterStatus
 * @typedef {ClusterStatus['members'][number]} Member
 * @typedef {import('./roster.js').Missing} Missing
 */
import { bar, byId, element, keep, link } from './dom.js'
import { clockAhead } from './findings.js'
import { clockTime, count, duration, listed, several, size } from './words.js'

/**
 * @param {ClusterStatus} status
 * @param {readonly Missing[]} missing
 * @param {{ rates: ReadonlyMap<string, number>, onDismiss(ids: string[]): void }} options
 */
export function showMembers(status, missing, { rates, onDismiss }) {
  const { members } = status
  const held = (/** @type {Member} */ { status: told }) =>
    told === undefined ? 0 : told.slots.owned + told.slots.replicated + told.slots.arriving
  const fullest = Math.max(1, ...members.map(held))
  const rows = [
    ...members.map((member) => ({
      id: `member ${member.id}`,
      cells: () => cellsOf(member, { status, fullest, rates }),
      isMissing: false,
      kind: '',
    })),
    ...missing.map((one) => ({
      id: `missing ${one.id}`,
      cells: () => missingCells(one, onDismiss),
      isMissing: true,
      kind: `missing ${one.hasLeft ? 'left' : 'gone'}`,
    })),
  ]
  keep(byId('member-rows'), rows, {
    id: ({ id }) => id,
    make: ({ kind }) => element('tr', kind === '' ? {} : { class: kind }),
    fill(row, { cells, isMissing }) {
      // A button in it may have the focus.
      if (isMissing && row.children.length > 0) return
      const focused = row.contains(document.activeElement)
      row.replaceChildren(...cells())
      if (focused) row.querySelector('a')?.focus()
    },
  })
  byId('dismiss-all').hidden = missing.length < 2
}

/** @param {Member} member @param {{ status: ClusterStatus, fullest: number, rates: ReadonlyMap<string, number> }} shown */
function cellsOf(member, { status, fullest, rates }) {
  const { id, url, version = '', formats = [], status: told } = member
  const isSelf = id === status.by
  const first = cell('', isSelf ? `${id} (this one)` : link(id, url), element('small', {}, url))
  const [level, state, why] = stateOf(member, status)
  const second = cell(
    'State',
    element('span', { class: `state ${level}` }, state),
    ...(why ? [element('small', {}, why)] : []),
  )
  const last = cell(
    'Version',
    version || 'before 0.2',
    ...(formats.length > 0 ? [element('small', {}, `formats ${formats.join(', ')}`)] : []),
  )
  if (told === undefined)
    return [
      first,
      second,
      element('td', { colspan: '5', class: 'faint' }, 'It does not say how it is.'),
      last,
    ]
  const {
    slots,
    entries,
    measures: { bytes = told.bytes, max_bytes: max, slots_short: short = 0 } = {},
  } = told
  const kinds = Object.entries(entries).filter(([, many]) => many > 0)
  const total = kinds.reduce((sum, [, many]) => sum + many, 0)
  const parts = /** @type {const} */ (['owned', 'replicated', 'arriving']).map(
    (kind) => /** @type {const} */ ([kind, slots[kind] / fullest]),
  )
  const rate = rates.get(id)
  return [
    first,
    second,
    cell(
      'Slots',
      bar(parts),
      element(
        'small',
        {},
        [
          `${count(slots.owned)} owned`,
          `${count(slots.replicated)} copies`,
          ...(slots.arriving > 0 ? [`${count(slots.arriving)} arriving`] : []),
          ...(short > 0 ? [`${count(short)} short of a copy`] : []),
        ].join(', '),
      ),
    ),
    cell(
      'Stored',
      count(total),
      element('small', {}, kinds.map(([kind, many]) => several(many, singular(kind), kind)).join(', ')),
    ),
    cell(
      'Memory',
      ...(max ? [bar([['used', bytes / max]])] : []),
      element('small', {}, max ? `${size(bytes)} of ${size(max)}` : size(bytes)),
    ),
    cell('Requests', rate === undefined ? '' : `${count(rate)} /s`),
    cell('Clock', clockOf(member, status)),
    last,
  ]
}

/** @param {Missing} missing @param {(ids: string[]) => void} onDismiss */
function missingCells({ id, url, seenAt, hasLeft, why }, onDismiss) {
  const button = element(
    'button',
    { type: 'button', class: 'small', 'aria-label': `Dismiss ${id}` },
    'Dismiss',
  )
  button.addEventListener('click', () => onDismiss([id]))
  const state = element(
    'span',
    { class: `state ${hasLeft ? 'notice' : 'trouble'}` },
    hasLeft ? 'left' : 'gone',
  )
  return [
    cell('', id, element('small', {}, url)),
    cell('State', state),
    element('td', { colspan: '5' }, `Last seen at ${clockTime(seenAt)}`, element('small', {}, why)),
    cell('', button),
  ]
}

/** @param {Member} member @param {ClusterStatus} status @returns {[level: string, state: string, why?: string | undefined]} */
function stateOf(member, { members, lease_seconds: lease = Infinity }) {
  const { quiet_seconds: quiet = 0, status: told } = member
  const records = members
    .flatMap(({ id: by, status }) => (status?.peers ?? []).map((peer) => ({ by, ...peer })))
    .filter(({ incarnation }) => incarnation === member.incarnation)
  const ill = records.filter(
    ({ reachable, understood, since }) => (!reachable && since !== undefined) || !understood,
  )
  const why =
    ill.length > 0 ? `not reached by ${listed(ill.map(({ by }) => by))}: ${ill[0]?.reason}` : undefined
  if (member.absent) return ['trouble', 'no answer', why]
  if (member.leaving) return ['notice', 'leaving']
  if (ill.length > 0) return ['trouble', 'not reached', why]
  if (quiet > lease / 2) return ['notice', 'quiet', `for ${duration(quiet)}`]
  if (told === undefined) return ['notice', 'silent']
  if (told.slots.arriving > 0 && told.slots.owned === 0) return ['notice', 'joining']
  return ['well', 'well']
}

/** As the others tell. @param {Member} member @param {ClusterStatus} status */
function clockOf({ incarnation }, status) {
  const ahead = clockAhead(status, incarnation)
  if (ahead === undefined) return ''
  if (Math.abs(ahead) < 0.1) return 'in step'
  return `${duration(Math.abs(ahead))} ${ahead > 0 ? 'ahead' : 'behind'}`
}

/** @param {string} name @param {...(Node | string)} children */
function cell(name, ...children) {
  const isWide = name === 'Slots' ? { class: 'slots' } : name === 'Memory' ? { class: 'memory' } : {}
  return element('td', { ...(name && { 'data-name': name }), ...isWide }, ...children)
}

/** @param {string} kind */
function singular(kind) {
  return kind.replace(/s$/, '')
}
