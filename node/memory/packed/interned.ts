/** Texts that many entries share, as small numbers: each text is kept once. */
export class Interned {
  readonly #max: number
  readonly #texts: string[] = []
  readonly #numbers = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  /** Whether it has a number, or there is one left for it. */
  takes(text: string): boolean {
    return this.#texts.length < this.#max || this.#numbers.has(text)
  }

  /** @throws RangeError when it is not taken. */
  numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    if (!this.takes(text)) throw new RangeError(`${this.#max} texts have a number already`)
    this.#numbers.set(text, this.#texts.length)
    return this.#texts.push(text) - 1
  }

  /** @throws RangeError when the number was never given. */
  textOf(number: number): string {
    const text = this.#texts[number]
    if (text === undefined) throw new RangeError(`${number} stands for no text`)
    return text
  }
}
