/** An uplink that answers as a test says, and remembers what it was told. */
import type { Uplink } from '../../../../node/cluster/members/membership.ts'
import type { LarderError } from '../../../../shared/errors.ts'
import type { LastView, Lease, Member, Renewal, View } from '../../../../shared/view.ts'

export const self: Member = { id: 'a', url: 'http://a', incarnation: 'a-1' }

export class ScriptedUplink implements Uplink {
  readonly url = 'http://uplink'
  readonly renewals: Renewal[] = []
  reports = 0
  leaves = 0
  epoch = 1
  members: Member[] = [self]
  error: LarderError | undefined
  last: LastView | undefined
  #watching = Promise.withResolvers<View>()

  async renew(_id: string, renewal: Renewal): Promise<Lease> {
    this.renewals.push(renewal)
    if (this.error && renewal.members === undefined) throw this.error
    return { epoch: this.epoch, leaseMs: 3000, ...(this.last && { last: this.last }) }
  }
  async watch(epoch: number): Promise<View> {
    return this.epoch > epoch ? this.view() : this.#watching.promise
  }
  async view(): Promise<View> {
    return { epoch: this.epoch, copies: 1, members: this.members }
  }
  async report(): Promise<void> {
    this.reports++
  }
  async leave(): Promise<void> {
    this.leaves++
  }
  stop(): void {
    this.#watching.reject(new Error('stopped'))
  }
  tell(epoch: number, members: Member[]): void {
    this.epoch = epoch
    this.members = members
    this.#watching.resolve({ epoch, copies: 1, members })
    this.#watching = Promise.withResolvers()
  }
}
