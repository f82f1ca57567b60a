/** Waits until nodes serve: each says that it is ready, and each sees all of them as members. */
import { z } from 'zod'
import { pause, systemClock } from '../shared/clock.ts'

const DEADLINE_MS = 30_000
const POLL_INTERVAL_MS = 100
const PROGRESS_INTERVAL_MS = 3000
const ANSWER_MAX_MS = 2000

const Problem = z.object({ detail: z.string() })
const ClusterAnswer = z.object({ members: z.array(z.object({ url: z.string() })) })

/** @throws when they do not serve in time; it says which, and why. */
export async function untilServing(
  urls: readonly string[],
  options: { apiKey: string | undefined; stopping: AbortSignal; say?: (line: string) => void },
): Promise<void> {
  const { apiKey, stopping, say = console.log } = options
  const startedAtMs = performance.now()
  let saidAtMs = startedAtMs
  while (!stopping.aborted) {
    const obstacles = await Promise.all(urls.map((url) => obstacle(url, urls, apiKey)))
    const waiting = obstacles.filter((text) => text !== undefined)
    if (waiting.length === 0) return
    const nowMs = performance.now()
    if (nowMs - startedAtMs > DEADLINE_MS) {
      throw new Error(`not ready after ${DEADLINE_MS / 1000} s:\n${waiting.join('\n')}`)
    }
    if (nowMs - saidAtMs > PROGRESS_INTERVAL_MS) {
      saidAtMs = nowMs
      say(`larder: waiting, ${waiting.join('; ')}`)
    }
    await pause(systemClock, POLL_INTERVAL_MS, stopping)
  }
}

/** What is still missing at one node, if anything. */
async function obstacle(
  url: string,
  urls: readonly string[],
  apiKey: string | undefined,
): Promise<string | undefined> {
  try {
    const ready = await get(`${url}/readyz`)
    if (!ready.ok) return `${url} is not ready: ${Problem.parse(await ready.json()).detail}`
    const cluster = await get(`${url}/api/v1/cluster`, apiKey)
    // Where there are keys, and none was given, its word that it is ready has to do.
    if (cluster.status === 401 && apiKey === undefined) return undefined
    if (!cluster.ok) return `${url}/api/v1/cluster answers ${cluster.status}`
    const { members } = ClusterAnswer.parse(await cluster.json())
    const seen = urls.filter((other) => members.some((member) => member.url === other))
    return seen.length === urls.length ? undefined : `${url} sees ${seen.length} of ${urls.length} nodes`
  } catch (error) {
    return `${url} does not answer (${reason(error)})`
  }
}

/** Whether something that calls itself live answers there. */
export function isLive(url: string): Promise<boolean> {
  return saysYes(`${url}/livez`)
}

/** Whether something answers there that wants requests. */
export function isReady(url: string): Promise<boolean> {
  return saysYes(`${url}/readyz`)
}

async function saysYes(url: string): Promise<boolean> {
  try {
    return (await get(url)).ok
  } catch {
    return false // Nobody listens there, which is the answer.
  }
}

function get(url: string, apiKey?: string): Promise<Response> {
  const headers: Record<string, string> = apiKey === undefined ? {} : { 'api-key': apiKey }
  return fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_MAX_MS) })
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = (error.cause ?? error) as NodeJS.ErrnoException
  return typeof code === 'string' ? code : error.message
}
