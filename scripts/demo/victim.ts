/**
 * The node that is killed in the middle of the play: the one that owns a certain key.
 *
 * Only a process of this machine is killed, only if it runs our program, and only if it was told to listen where the
 * node answers. So nothing else is hit, be it that a node runs in a container or at the far end of a tunnel.
 */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { promisify } from 'node:util'
import { z } from 'zod'
import { bareHost } from '../../shared/config.ts'
import type { Client } from './client.ts'
import type { Node } from './nodes.ts'

const Owner = z.object({ node: z.string() })
const Self = z.object({
  id: z.string(),
  slots: z.object({ replicated: z.int(), arriving: z.int() }),
})

export interface Victim {
  readonly node: Node
  readonly pid: number
}

/** @throws saying why there is none. */
export async function findVictim(client: Client, key: string): Promise<Victim> {
  const { nodes } = client
  if (nodes.all.length < 2) throw new Error('it needs two nodes that can be reached, so that one remains')
  const { node: owner } = Owner.parse(
    (await client.ask({ path: `/api?key=${encodeURIComponent(key)}` })).json,
  )
  const node = nodes.all.find(({ id }) => id === owner)
  if (node === undefined) throw new Error(`node ${owner} cannot be reached from here`)
  if (!isOnThisMachine(node.url)) throw new Error(`node ${node.name} is not on this machine`)
  const { id, slots } = await selfOf(client, node)
  if (id !== node.id) throw new Error(`${node.url} is not node ${node.id} but ${id}`)
  if (slots.replicated === 0)
    throw new Error('the nodes keep no copies (COPIES=1), so something would be lost')
  const pid = await processOf(Number(new URL(node.url).port))
  if (pid === undefined)
    throw new Error(`no process of this machine is node ${node.name}, which may run in a container`)
  process.kill(pid, 0) // Which only asks whether that is allowed.
  return { node, pid }
}

/** Whether all nodes answer and have what they should: only then one of them can be missed. */
export async function isCalm(client: Client): Promise<boolean> {
  if (!client.nodes.areAllHere) return false
  const selves = await Promise.allSettled(client.nodes.all.map((node) => selfOf(client, node)))
  return selves.every((self) => self.status === 'fulfilled' && self.value.slots.arriving === 0)
}

async function selfOf(client: Client, node: Node): Promise<z.infer<typeof Self>> {
  return Self.parse((await client.send(node, { path: '/api/v1/cluster' })).json)
}

function isOnThisMachine(url: string): boolean {
  const hostname = bareHost(new URL(url).hostname)
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? [])
  return hostname === 'localhost' || addresses.some(({ address }) => address === hostname)
}

/** The process that runs our program and was told to listen on this port. */
export async function processOf(port: number): Promise<number | undefined> {
  const isNode = new RegExp(`\\bnode/main\\.ts .*\\bPORT=${port}(?: |$)`, 's')
  return (await processes()).find(({ told }) => isNode.test(told))?.pid
}

/** Those of ours, each with its command and its environment. Small Linux images have no ps. */
async function processes(): Promise<{ readonly pid: number; readonly told: string }[]> {
  if (process.platform !== 'linux') {
    const { stdout } = await promisify(execFile)('ps', ['-axEww', '-o', 'pid=,args='])
    return stdout.split('\n').map((line) => ({ pid: Number.parseInt(line, 10), told: line }))
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  return await Promise.all(pids.map(async (pid) => ({ pid: Number(pid), told: await toldTo(pid) })))
}

/** Nothing, where it is gone or none of ours. */
async function toldTo(pid: string): Promise<string> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')
  return `${await read('cmdline')} ${await read('environ')}`.replaceAll('\0', ' ')
}
