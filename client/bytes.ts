/** Bytes as base64 and back, in runtimes that have no better way than that of old browsers. */

/** Arguments that any engine takes in one call. */
const ARGUMENTS_MAX = 8192

export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += ARGUMENTS_MAX)
    text += String.fromCharCode(...bytes.subarray(at, at + ARGUMENTS_MAX))
  return btoa(text)
}

export function fromBase64(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
