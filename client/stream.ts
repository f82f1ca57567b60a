/** An answer that is told as it comes, for as long as it is read: nothing is gathered that is not asked for. */

export class Stream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #controller: AbortController
  readonly #onEnd: () => void

  /** `undefined` where the answer is none. `onEnd` is called once it has ended. */
  static of(response: Response, controller: AbortController, onEnd: () => void): Stream | undefined {
    const { status, headers, body } = response
    const isOne = status === 200 && headers.get('content-type')?.startsWith('text/event-stream') === true
    return isOne && body !== null ? new Stream(body.getReader(), controller, onEnd) : undefined
  }

  private constructor(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    controller: AbortController,
    onEnd: () => void,
  ) {
    this.#reader = reader
    this.#controller = controller
    this.#onEnd = onEnd
  }

  /** What has come; `undefined` where it has ended, is broken, or nothing comes for so long. */
  async read(withinMs: number): Promise<Uint8Array | undefined> {
    const timer = setTimeout(() => this.end(), withinMs)
    try {
      return (await this.#reader.read()).value
    } catch {
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }

  end(): void {
    this.#controller.abort()
    this.#onEnd()
  }
}
