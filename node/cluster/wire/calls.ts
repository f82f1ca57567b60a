/**
 * What members may ask of each other, over HTTP or a channel, and the words that it is said in: the face of this room. One
 * row a call, with both of its ends.
 */

import {
  decodeRequest,
  decodeResponse,
  EXECUTE_PATH,
  type ExecuteRequest,
  type ExecuteResponse,
  encodeRequest,
  encodeResponse,
} from './execute.ts'
import {
  decodeFeedRequest,
  decodeFeedResponse,
  encodeFeedRequest,
  encodeFeedResponse,
  FEED_PATH,
  type FeedRequest,
  type FeedResponse,
} from './feed.ts'
import type { Heard } from './preamble.ts'
import {
  decodeSlotRequest,
  decodeSlotResponse,
  encodeSlotRequest,
  encodeSlotResponse,
  SLOTS_PATH,
  type SlotRequest,
  type SlotResponse,
} from './slots.ts'
import type { Now } from './times.ts'

export { bytesOfCommand, isKnownIn } from './command.ts'
export { bytesOfEntries } from './entry.ts'
export type { ExecuteRequest, ExecuteResponse, RoutedCommand } from './execute.ts'
export type { FeedRequest, FeedResponse } from './feed.ts'
export { CURRENT, commonFormat, FORMATS, FORMER, formatOf } from './format.ts'
export { FRAME_TYPE } from './frame.ts'
export { Introduction, introductionOf, MEET_PATH, MEET_TYPE, UNKNOWN } from './meet.ts'
export {
  decodeFirstPart,
  decodePart,
  encodeFirstPart,
  encodePart,
  FRAME_BYTES_MAX,
  isFirstPart,
  PART_BYTES,
  PARTS_PATH,
  type QuestionPart,
  WHOLE_BYTES_MAX,
} from './parts.ts'
export type { Heard, Preamble } from './preamble.ts'
export type { Result } from './reply.ts'
export type {
  Check,
  Mirrored,
  Offer,
  SlotAnswer,
  SlotDigest,
  SlotMessage,
  SlotRequest,
  SlotResponse,
  StreamItem,
  Wanted,
  Worth,
} from './slots.ts'

export { ImpossibleError, type Now, nowBy } from './times.ts'

interface MemberCall<Request, Response> {
  readonly path: string
  encodeRequest(request: Request, now: Now): Buffer
  /** @throws when the bytes are not such a request. */
  decodeRequest(bytes: Buffer, now: Now): Request & Heard
  encodeResponse(response: Response, now: Now): Buffer
  /** @throws when the bytes are not such a response. */
  decodeResponse(bytes: Buffer, now: Now): Response & Heard
}

/** Carry out commands. */
const execute: MemberCall<ExecuteRequest, ExecuteResponse> = {
  path: EXECUTE_PATH,
  encodeRequest,
  decodeRequest,
  encodeResponse,
  decodeResponse,
}

/** Take part in keeping copies of slots, and in moving them. */
const slots: MemberCall<SlotRequest, SlotResponse> = {
  path: SLOTS_PATH,
  encodeRequest: encodeSlotRequest,
  decodeRequest: decodeSlotRequest,
  encodeResponse: encodeSlotResponse,
  decodeResponse: decodeSlotResponse,
}

/** What has changed of what the member owns, for those who watch; only in the current format. */
const feed: MemberCall<FeedRequest, FeedResponse> = {
  path: FEED_PATH,
  encodeRequest: encodeFeedRequest,
  decodeRequest: decodeFeedRequest,
  encodeResponse: encodeFeedResponse,
  decodeResponse: decodeFeedResponse,
}

export const CALLS = { execute, slots, feed } as const

/** On a channel the code of a question is the place of its path here. */
export const CALL_PATHS: readonly string[] = [execute.path, slots.path]
