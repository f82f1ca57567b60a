/** How Kafka is reached, from the environment. What is said of wrong values never repeats a secret. */
import type { Settings } from '../shared/config.ts'

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

export interface KafkaSettings {
  /** `host:port` each. */
  readonly brokers: readonly string[]
  readonly groupId: string
  readonly sasl?: KafkaSasl | undefined
  readonly ssl?: boolean | undefined
}

interface KafkaSasl {
  readonly mechanism: (typeof MECHANISMS)[number]
  readonly username: string
  readonly password: string
}

/** `undefined` without KAFKA_BROKERS: then nothing is listened to. */
export function readKafka(settings: Settings): KafkaSettings | undefined {
  const brokers = settings.list('KAFKA_BROKERS')
  const groupId = settings.text('KAFKA_GROUP_ID') ?? 'larder'
  const sasl = readSasl(settings)
  const ssl = readSsl(settings)
  for (const broker of brokers) {
    if (!isBroker(broker))
      settings.problem(`${settings.shown('KAFKA_BROKERS', broker)}: like 127.0.0.1:9092, with commas`)
  }
  if (!/^[\w.-]{1,249}$/.test(groupId)) {
    settings.problem(`KAFKA_GROUP_ID=${groupId}: at most 249 letters, digits and . _ -`)
  }
  if (brokers.length > 0) return { brokers, groupId, ssl, ...(sasl && { sasl }) }
  for (const name of ['KAFKA_GROUP_ID', 'KAFKA_SASL_MECHANISM', 'KAFKA_SSL']) {
    if (settings.text(name) !== undefined) settings.problem(`${name} is set and KAFKA_BROKERS is not`)
  }
  return undefined
}

function readSasl(settings: Settings): KafkaSasl | undefined {
  const named = settings.text('KAFKA_SASL_MECHANISM')
  const username = settings.text('KAFKA_SASL_USERNAME')
  const password = settings.text('KAFKA_SASL_PASSWORD')
  const mechanism = MECHANISMS.find((known) => known === named)
  if (named !== undefined && mechanism === undefined) {
    settings.problem(`KAFKA_SASL_MECHANISM=${named}: one of ${MECHANISMS.join(', ')}`)
  }
  if (named === undefined && username === undefined && password === undefined) return undefined
  for (const [name, value] of [
    ['KAFKA_SASL_MECHANISM', named],
    ['KAFKA_SASL_USERNAME', username],
    ['KAFKA_SASL_PASSWORD', password],
  ] as const) {
    if (value === undefined)
      settings.problem(`${name} is missing: mechanism, username and password go together`)
  }
  // The library escapes the first one only, and no broker would know the user.
  if (mechanism?.startsWith('SCRAM') && (username?.split(',').length ?? 0) > 2)
    settings.problem('KAFKA_SASL_USERNAME: one comma at most, with SCRAM')
  if (mechanism === undefined || username === undefined || password === undefined) return undefined
  return { mechanism, username, password }
}

function readSsl(settings: Settings): boolean {
  const text = settings.text('KAFKA_SSL') ?? 'false'
  if (text !== 'true' && text !== 'false') settings.problem(`KAFKA_SSL=${text}: true or false`)
  return text === 'true'
}

/** A name, an IPv4 address or an IPv6 address in brackets, and a port. */
function isBroker(text: string): boolean {
  const port = Number(/^(?:[A-Za-z\d][\w.-]*|\[[A-Fa-f\d:.]+\]):(\d{1,5})$/.exec(text)?.[1])
  return port >= 1 && port <= 65_535
}
