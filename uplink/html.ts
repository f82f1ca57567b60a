/** HTML as a template whose inserted values are escaped, whoever they come from. */
export class Html {
  readonly text: string

  /** Of text that is HTML already; everything else goes through `html`. */
  constructor(text: string) {
    this.text = text
  }
}

type Inserted = string | number | Html | readonly Html[] | undefined

export function html(parts: TemplateStringsArray, ...inserted: readonly Inserted[]): Html {
  return new Html(String.raw({ raw: parts }, ...inserted.map(asHtml)))
}

function asHtml(value: Inserted): string {
  if (value === undefined) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(({ text }) => text).join('')
  return String(value).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
