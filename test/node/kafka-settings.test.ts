/** The settings of Kafka: what is taken, what is refused, and that no secret is repeated. */
import { expect } from 'chai'
import { type KafkaSettings, readKafka } from '../../node/kafka-settings.ts'
import { type Environment, Settings } from '../../shared/config.ts'

function read(environment: Environment): { kafka: KafkaSettings | undefined; problems: string } {
  const settings = new Settings(environment)
  const kafka = readKafka(settings)
  try {
    settings.check()
    return { kafka, problems: '' }
  } catch (error) {
    return { kafka, problems: String(error) }
  }
}

const LOCAL = { KAFKA_BROKERS: '127.0.0.1:9092' }
const SASL = {
  KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
  KAFKA_SASL_USERNAME: 'larder',
  KAFKA_SASL_PASSWORD: 'very-secret',
}

describe('the settings of Kafka', () => {
  it('are none without brokers', () => {
    expect(read({})).to.deep.equal({ kafka: undefined, problems: '' })
    expect(read({ KAFKA_SSL: 'true' }).problems).to.include('KAFKA_SSL is set and KAFKA_BROKERS is not')
  })

  it('take brokers by name and address, and have defaults for the rest', () => {
    const { kafka, problems } = read({ KAFKA_BROKERS: 'kafka-1.example:9092, [::1]:9093,127.0.0.1:9094' })
    expect(problems).to.equal('')
    expect(kafka).to.deep.equal({
      brokers: ['kafka-1.example:9092', '[::1]:9093', '127.0.0.1:9094'],
      groupId: 'larder',
      ssl: false,
    })
  })

  it('take a group, credentials and TLS', () => {
    const { kafka, problems } = read({ ...LOCAL, ...SASL, KAFKA_GROUP_ID: 'caches.eu', KAFKA_SSL: 'true' })
    expect(problems).to.equal('')
    expect(kafka).to.deep.equal({
      brokers: ['127.0.0.1:9092'],
      groupId: 'caches.eu',
      ssl: true,
      sasl: { mechanism: 'SCRAM-SHA-256', username: 'larder', password: 'very-secret' },
    })
  })

  for (const broker of ['kafka', 'kafka:', 'kafka:0', 'kafka:65536', 'http://kafka:9092', '::1:9092']) {
    it(`refuse ${broker} as a broker`, () => {
      expect(read({ KAFKA_BROKERS: `127.0.0.1:9092,${broker}` }).problems).to.include('KAFKA_BROKERS=')
    })
  }

  it('name every problem, and repeat no secret', () => {
    const { problems } = read({
      KAFKA_BROKERS: 'me:very-secret@kafka:9092',
      KAFKA_GROUP_ID: 'a b',
      KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
      KAFKA_SASL_PASSWORD: 'very-secret',
      KAFKA_SSL: 'yes',
    })
    for (const name of ['BROKERS', 'GROUP_ID', 'SASL_MECHANISM=OAUTHBEARER', 'SASL_USERNAME', 'SSL=yes']) {
      expect(problems).to.include(`KAFKA_${name}`)
    }
    expect(problems).not.to.include('very-secret')
  })

  it('repeat no part of a password with a comma in it', () => {
    const { problems } = read({ KAFKA_BROKERS: 'me:very,secret@kafka:9092' })
    expect(problems)
      .to.include('KAFKA_BROKERS')
      .and.not.to.match(/very|secret/)
  })
})
