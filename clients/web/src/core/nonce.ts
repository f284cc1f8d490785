/** Random names. `crypto.randomUUID` needs https, which a school's own network may not have; this does not. */

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_'

/** 22 characters, 132 random bits; fits the wire's `Nonce`. */
export function nonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(22)), (byte) => ALPHABET[byte & 63]).join('')
}
