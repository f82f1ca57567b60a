/** The rooms of the source, and who may look into which: `test/tidy.test.ts` holds every file to it. */
import { dirname } from 'node:path'

/**
 * Of every room: its face, the one file that others import, and which others it may look into. Where there is no face, all of
 * it is spoken by everybody. Into itself, and into `shared`, a room may always look; what stands beside the rooms, as
 * the engine does, looks into no more, and so speaks no protocol.
 */
interface Room {
  readonly face?: string
  readonly sees: readonly string[]
}

const ROOMS: Readonly<Record<string, Room>> = {
  shared: { sees: [] },
  'shared/http': { sees: [] },
  'shared/page': { face: 'page.ts', sees: ['shared/http'] },
  client: { face: 'larder.ts', sees: [] },
  'client/adapters': { sees: ['client'] },
  uplink: { face: 'uplink.ts', sees: ['shared/http', 'shared/page'] },
  'node/entries': { sees: [] },
  'node/memory': { face: 'memory.ts', sees: ['node/entries', 'node/memory/packed'] },
  'node/memory/packed': { face: 'values.ts', sees: ['node/entries'] },
  'node/shard': { face: 'shards.ts', sees: ['node/entries', 'node/memory', 'node/engine.ts'] },
  'node/feed': {
    face: 'feed.ts',
    sees: ['node/entries', 'node/memory', 'node/cluster/members', 'node/watching.ts'],
  },
  'node/storage': { face: 'storage.ts', sees: ['node/entries'] },
  'node/cluster/wire': { face: 'calls.ts', sees: ['node/entries'] },
  'node/cluster/peers': {
    face: 'peers.ts',
    sees: ['shared/http', 'node/entries', 'node/engine.ts', 'node/cluster/wire', 'node/cluster/metrics.ts'],
  },
  'node/cluster/members': {
    face: 'members.ts',
    sees: ['node/entries', 'node/cluster/wire', 'node/cluster/peers', 'node/cluster/metrics.ts'],
  },
  'node/cluster/slots': {
    face: 'slots.ts',
    sees: [
      'node/entries',
      'node/engine.ts',
      'node/cluster/wire',
      'node/cluster/peers',
      'node/cluster/members',
      'node/cluster/metrics.ts',
    ],
  },
  'node/cluster': {
    face: 'cluster-backend.ts',
    sees: [
      'shared/http',
      'shared/page',
      'node/entries',
      'node/backend.ts',
      'node/engine.ts',
      'node/permission.ts',
      'node/watching.ts',
      'node/cluster/wire',
      'node/cluster/peers',
      'node/cluster/members',
      'node/cluster/slots',
    ],
  },
  'node/redis': {
    face: 'redis-backend.ts',
    sees: [
      'shared/http',
      'node/entries',
      'node/feed',
      'node/backend.ts',
      'node/engine.ts',
      'node/engine-settings.ts',
    ],
  },
  'node/sources/kafka': { face: 'kafka.ts', sees: ['node/kafka-settings.ts'] },
  'node/sources': {
    face: 'sources.ts',
    sees: [
      'node/engine.ts',
      'node/entries',
      'node/route-table.ts',
      'node/kafka-settings.ts',
      'node/sources/kafka',
    ],
  },
  'node/resp': { face: 'doors.ts', sees: ['shared/http', 'node/dispatch.ts'] },
  'node/http': {
    face: 'routes.ts',
    sees: ['shared/http', 'node/dispatch.ts', 'node/watching.ts', 'node/route-table.ts'],
  },
}
/** Where the parts of all rooms are created and joined. */
const JOINTS: readonly string[] = ['node/node.ts', 'node/member.ts', 'node/main.ts']
/** What stands beside the rooms, and sees more than `shared`. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  'node/config.ts': [
    'node/engine-settings.ts',
    'node/route-file.ts',
    'node/route-table.ts',
    'node/kafka-settings.ts',
  ],
  'node/route-file.ts': ['node/route-table.ts'],
  'node/backend.ts': ['shared/http', 'node/engine.ts', 'node/watching.ts'],
  'node/dispatch.ts': ['node/engine.ts', 'node/permission.ts'],
  'node/reads.ts': ['node/dispatch.ts'],
}

/** Whether one file may import another, both by their paths from the root. */
export function mayImport(from: string, target: string): boolean {
  const [room, other] = [dirname(from), dirname(target)]
  if (JOINTS.includes(from)) return target.startsWith('node/') || target.startsWith('shared/')
  if (room === other && room in ROOMS) return true
  const seen = ['shared', ...(BESIDE[from] ?? ROOMS[room]?.sees ?? [])]
  if (seen.includes(target)) return true
  const face = ROOMS[other]?.face
  return seen.includes(other) && (face === undefined || target === `${other}/${face}`)
}
