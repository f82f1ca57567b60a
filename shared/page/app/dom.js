/** Elements, made of text alone: whatever strangers have named a key or a content, it is never read as HTML. */

/** @param {string} id */
export function byId(id) {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`The page has no ${id}.`)
  return element
}

/** @param {string} id */
export function field(id) {
  return /** @type {HTMLInputElement} */ (byId(id))
}

/**
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/** @param {Element} target @param {string} text  Only where it is another one: whoever reads or has selected it is not disturbed. */
export function say(target, text) {
  if (target.textContent !== text) target.textContent = text
}

/** A link to a page of another member, where its address is one. @param {string} text @param {string} url */
export function link(text, url) {
  return /^https?:\/\//i.test(url) ? element('a', { href: url, rel: 'noreferrer' }, text) : text
}

/**
 * Makes the children those of these items, in their order; those that stay are filled anew, and keep their focus.
 *
 * @template T
 * @param {Element} parent @param {readonly T[]} items
 * @param {{ id(item: T): string, make(item: T): HTMLElement, fill?(element: HTMLElement, item: T): void }} ways
 */
export function keep(parent, items, { id, make, fill }) {
  const known = new Map(
    [...parent.children].map((child) => [child.getAttribute('data-id'), /** @type {HTMLElement} */ (child)]),
  )
  const wanted = items.map((item) => {
    const made = known.get(id(item)) ?? make(item)
    made.setAttribute('data-id', id(item))
    fill?.(made, item)
    return made
  })
  for (const child of [...parent.children])
    if (!wanted.includes(/** @type {HTMLElement} */ (child))) child.remove()
  for (const [place, child] of wanted.entries())
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null)
}

/**
 * A bar without a style of its own, which the policy of the page forbids.
 *
 * @param {readonly (readonly [kind: string, part: number])[]} parts  Of 1 all together, at most.
 */
export function bar(parts) {
  const svg = svgElement('svg', {
    viewBox: '0 0 100 1',
    preserveAspectRatio: 'none',
    class: 'bar',
    'aria-hidden': 'true',
  })
  let x = 0
  for (const [kind, part] of parts) {
    const width = 100 * Math.max(0, Math.min(1, part))
    svg.append(svgElement('rect', { class: kind, x: x.toFixed(2), width: width.toFixed(2), height: '1' }))
    x += width
  }
  return svg
}

/** @param {string} tag @param {Record<string, string>} attributes */
function svgElement(tag, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  return made
}
