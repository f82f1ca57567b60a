/** Other members as those who look after slots see them: what each was told is kept, and answered as the test says. */
import { type Contact, newContact } from '../../node/cluster/peers/contact.ts'
import type { SlotPeer, SlotPeers } from '../../node/cluster/slots/slot-peers.ts'
import type { SlotAnswer, SlotMessage } from '../../node/cluster/wire/slots.ts'
import type { Member } from '../../shared/view.ts'

type MessageOf<T extends SlotMessage['type']> = Extract<SlotMessage, { type: T }>
type Answers = readonly SlotAnswer[] | Promise<readonly SlotAnswer[]>

export interface Told<T extends SlotMessage['type'] = SlotMessage['type']> {
  /** By name. */
  readonly to: string
  readonly message: MessageOf<T>
}

export class RecordedPeers implements SlotPeers {
  readonly told: Told[] = []
  /** One answer a slot; of a stream, those to its only item. Nobody answers at first. */
  answer: (told: Told) => Answers = () => new Promise(() => {})
  readonly #contacts = new Map<string, Contact>()

  of(member: Member): SlotPeer {
    const contact = this.contactOf(member.incarnation)
    return {
      member,
      contact,
      stream: async (item) => this.#tell(member, { type: 'stream', items: [item] }),
      ask: async (message) => this.#tell(member, message),
    }
  }

  find(incarnation: string): SlotPeer | undefined {
    const [id = incarnation] = incarnation.split('-')
    return this.of({ id, url: `http://${id}`, incarnation })
  }

  contactOf(incarnation: string): Contact {
    const contact = this.#contacts.get(incarnation) ?? newContact()
    this.#contacts.set(incarnation, contact)
    return contact
  }

  /** What was said of this kind, to whom it may be. */
  toldOf<T extends SlotMessage['type']>(type: T): readonly Told<T>[] {
    const isMeant = (told: Told): told is Told & Told<T> => told.message.type === type
    return this.told.filter(isMeant)
  }

  /** Changes that were streamed: to whom, and which entries. */
  get changes(): { to: string; ids: string[] }[] {
    return this.toldOf('stream').flatMap(({ to, message }) =>
      message.items.flatMap((item) =>
        'changes' in item ? { to, ids: item.changes.map(({ id }) => id) } : [],
      ),
    )
  }

  /** Slots that were to be compared. */
  get checks(): { to: string; slots: number[] }[] {
    return this.toldOf('stream').flatMap(({ to, message }) =>
      message.items.flatMap((item) =>
        'checks' in item ? { to, slots: item.checks.map(([slot]) => slot) } : [],
      ),
    )
  }

  #tell({ id }: Member, message: SlotMessage): Answers {
    const told = { to: id, message }
    this.told.push(told)
    return this.answer(told)
  }
}
