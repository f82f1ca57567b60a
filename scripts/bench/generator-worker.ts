/** The process of the load generator: it does as it is told, one order after the other. */
import type { Done, LoadSpec, Order } from './generator.ts'
import { Load } from './load.ts'
import { inAll, onSchedule, untilOver } from './pace.ts'

let load: Load | undefined

process.on('message', async (order: Order) => {
  const done = await obey(order).catch((error): Done => ({ problem: `${error}` }))
  process.send?.(done)
})
process.on('disconnect', () => process.exit())

async function obey(order: Order): Promise<Done> {
  if (order.type === 'open') {
    load = await open(order.spec)
    return {}
  }
  if (load === undefined) throw new Error('there is no connection')
  const startMs = performance.now()
  switch (order.type) {
    case 'closed loop':
      return { report: await load.play(untilOver(startMs + order.seconds * 1000)) }
    case 'in all':
      return { report: await load.play(inAll(order.count)) }
    case 'open loop':
      return { report: await load.play(onSchedule(startMs, order)) }
    case 'close':
      load.close()
      load = undefined
      return {}
  }
}

function open({ requests, ...rest }: LoadSpec): Promise<Load> {
  const bytes = requests.map((text) => Buffer.from(text))
  let turn = 0
  return Load.open({ ...rest, next: () => bytes[turn++ % bytes.length] ?? Buffer.alloc(0) })
}
