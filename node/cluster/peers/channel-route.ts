/** Where another member asks for a channel. */
import type { Clock } from '../../../shared/clock.ts'
import { LarderError } from '../../../shared/errors.ts'
import { headerOf } from '../../../shared/http/request.ts'
import type { Route } from '../../../shared/http/route.ts'
import { MEMBER_HEADER, SENDER_LIFE_HEADER } from '../../../shared/view.ts'
import { type Addressee, isMeant, refuseOthers } from './addressee.ts'
import { type Answering, CHANNEL_PATH, CHANNEL_PROTOCOL, Channel } from './channel.ts'

export interface ChannelRouteOptions extends Omit<Answering, 'told'> {
  readonly clock: Clock
  /** Whom it may be asked of here. */
  readonly self: Addressee
  /** Where it is known what each life of a member has opened. */
  readonly taken: Map<string, Channel>
}

export function channelRoute({ self, taken, ...options }: ChannelRouteOptions): Route {
  return {
    method: 'GET',
    path: CHANNEL_PATH,
    summary: 'A connection for frames without HTTP around each. Not for clients.',
    access: 'member',
    isHot: true,
    isProbe: true,
    upgrade: {
      protocol: CHANNEL_PROTOCOL,
      isFor: ({ headers }) => isMeant(self, headers),
      take(socket, told, headers) {
        const channel = new Channel(socket, { ...options, told, from: headerOf(headers, MEMBER_HEADER) })
        const life = headerOf(headers, SENDER_LIFE_HEADER)
        if (life === undefined) return channel
        taken.set(life, channel)
        socket.once('close', () => {
          if (taken.get(life) === channel) taken.delete(life)
        })
        return channel
      },
    },
    answers: { 101: { description: 'Messages from now on.' } },
    errors: ['ANOTHER_LIFE'],
    handle({ message }) {
      refuseOthers(self, message.headers)
      throw new LarderError('BAD_REQUEST', `Ask for it with upgrade: ${CHANNEL_PROTOCOL}.`)
    },
  }
}
