/** What stands beside a cached response where it is installed: nginx, which keeps what the same API answers. */
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commandOn } from './cores.ts'
import type { Server } from './server.ts'
import { endOf, type Stand } from './stand.ts'
import { listening } from './webdis.ts'

export function isNginxThere(): boolean {
  return spawnSync('nginx', ['-v']).error === undefined
}

/** One process on the core of the servers, as a node is. */
export async function startNginx(stand: Stand, upstream: Server): Promise<Server> {
  const port = await stand.port()
  const folder = await stand.disk(port)
  const settings = join(folder, 'nginx.conf')
  await writeFile(settings, settingsFor({ port, folder, upstream: upstream.port }))
  const child = stand.run([...commandOn(stand.cores?.server, 'nginx'), '-p', folder, '-c', settings], {})
  await Promise.race([listening(port), endOf(child, 'nginx')])
  return { name: 'nginx', port, ...(child.pid !== undefined && { pid: child.pid }) }
}

function settingsFor({ port, folder, upstream }: { port: number; folder: string; upstream: number }): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  proxy_cache_path ${folder}/cache keys_zone=hits:10m;
  access_log off;
  sendfile on;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${upstream};
      proxy_cache hits;
      proxy_cache_valid 200 1h;
    }
  }
}
`
}
