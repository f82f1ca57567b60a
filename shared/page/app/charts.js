/**
 * The numbers of the last minutes as curves. What they say now stands beside them as text, for everybody, and for those who do not
 * see curves.
 *
 * @typedef {import('./pace.js').Sample} Sample
 * @typedef {Exclude<keyof Sample, 'at'>} Name
 * @typedef {{ title: string, curves: [name: Name, label: string, colour: string][], read(value: number): string, max?: number, incrs?: number[], isShown?(samples: readonly Sample[]): boolean }} Chart
 */
import { byId, element, say } from './dom.js'
import { count, duration, size } from './words.js'

/** @typedef {import('uplot')} UPlot */
const { uPlot } =
  /** @type {{ uPlot: { new (options: object, data: unknown[], parent: HTMLElement): UPlot } }} */ (
    /** @type {unknown} */ (globalThis)
  )

/** Of bytes. */
const BINARY = Array.from({ length: 50 }, (_, power) => 2 ** power)
const SHOWN_SECONDS = 600
const LEAST_SECONDS = 60
const HEIGHT = 110
/** Where all is nought there is an axis all the same. */
const LEAST = 1

/** @type {readonly Chart[]} */
const CHARTS = [
  {
    title: 'Requests',
    curves: [
      ['requests', 'answered', 'one'],
      ['errors', 'failed', 'two'],
    ],
    read: (value) => `${count(value)} /s`,
  },
  {
    title: 'Time to answer',
    curves: [
      ['p50', 'half within', 'one'],
      ['p99', '99% within', 'three'],
    ],
    read: (value) => duration(value / 1000),
  },
  {
    title: 'Reads that found something',
    curves: [['hits', 'hits', 'one']],
    read: (value) => `${count(value)}%`,
    max: 100,
  },
  {
    title: 'Memory',
    curves: [
      ['bytes', 'used', 'one'],
      ['maxBytes', 'budget', 'three'],
    ],
    read: size,
    incrs: BINARY,
  },
  { title: 'Evictions', curves: [['evictions', 'evicted', 'one']], read: (value) => `${count(value)} /s` },
  {
    title: 'Slots',
    curves: [
      ['short', 'short of a copy', 'two'],
      ['arriving', 'arriving', 'three'],
    ],
    read: count,
  },
  {
    title: 'Disk',
    curves: [['diskBehind', 'behind', 'one']],
    read: duration,
    isShown: (samples) => samples.some(({ diskBehind }) => diskBehind !== null),
  },
  {
    title: 'Kafka',
    curves: [['kafkaLag', 'messages behind', 'one']],
    read: count,
    isShown: (samples) => samples.some(({ kafkaLag }) => (kafkaLag ?? 0) > 0),
  },
]

/** @type {{ chart: Chart, figure: HTMLElement, place: HTMLElement, values: HTMLElement[], plot: UPlot | undefined }[]} */
let drawn = []

/** @param {readonly Sample[]} samples */
export function showCharts(samples) {
  const last = samples.at(-1)
  if (last === undefined) return
  if (drawn.length === 0) drawn = CHARTS.map(prepare)
  const since = last.at - SHOWN_SECONDS
  const shown = samples.filter(({ at }) => at >= since)
  for (const one of drawn) {
    const { chart, figure, place, values } = one
    figure.hidden = chart.isShown?.(shown) === false
    for (const [index, [name]] of chart.curves.entries()) {
      const value = last[name]
      const target = values[index]
      if (target) say(target, value === null ? 'none' : chart.read(value))
    }
    if (figure.hidden || document.hidden) continue
    one.plot ??= plotOf(chart, place)
    one.plot.setData(
      /** @type {import('uplot').AlignedData} */ ([
        shown.map(({ at }) => at),
        ...chart.curves.map(([name]) => shown.map((sample) => sample[name])),
      ]),
    )
  }
}

/** @param {Chart} chart */
function prepare(chart) {
  const values = chart.curves.map(() => element('span'))
  const labels = chart.curves.map(([, label, colour], index) =>
    element('span', {}, element('i', { class: colour }), `${label} `, values[index] ?? ''),
  )
  const place = element('div', { class: 'plot', 'aria-hidden': 'true' })
  const figure = element(
    'figure',
    { class: 'card' },
    element('figcaption', {}, element('b', {}, chart.title), ...labels),
    place,
  )
  byId('chart-list').append(figure)
  return { chart, figure, place, values, plot: undefined }
}

/** @param {Chart} chart @param {HTMLElement} place */
function plotOf({ curves, read, max, incrs }, place) {
  const styles = getComputedStyle(document.documentElement)
  const colour = (/** @type {string} */ name) => styles.getPropertyValue(`--${name}`).trim()
  const axis = {
    stroke: colour('faint'),
    font: '11px system-ui',
    ticks: { show: false },
    grid: { stroke: colour('line'), width: 1 },
  }
  return new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 4, 0, 0],
      scales: {
        x: {
          range: (/** @type {UPlot} */ _, /** @type {number} */ from, /** @type {number} */ to) => [
            Math.min(from, to - LEAST_SECONDS),
            to,
          ],
        },
        y: {
          range: (/** @type {UPlot} */ _, /** @type {number} */ __, /** @type {number} */ to) => [
            0,
            max ?? Math.max(to * 1.1, LEAST),
          ],
        },
      },
      axes: [
        { ...axis, size: 22, space: 70, grid: { show: false } },
        {
          ...axis,
          size: 62,
          space: 34,
          ...(incrs && { incrs }),
          values: (/** @type {UPlot} */ _, /** @type {number[]} */ splits) => splits.map(read),
        },
      ],
      series: [
        {},
        ...curves.map(([, , name], index) => ({
          stroke: colour(name),
          width: 1.5,
          points: { show: false },
          ...(index === 0 && { fill: `${colour(name)}1a` }),
        })),
      ],
    },
    [[], ...curves.map(() => [])],
    place,
  )
}

/** What they are drawn by has changed: colours, or room. */
function drawAnew() {
  for (const one of drawn) {
    one.plot?.destroy()
    one.plot = undefined
  }
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAnew)
new ResizeObserver(() => {
  for (const { plot, place } of drawn)
    if (plot && place.clientWidth > 0) plot.setSize({ width: place.clientWidth, height: HEIGHT })
}).observe(byId('chart-list'))
