/** What this tab keeps across the whole loads of the page that part entering from the application. */

/** The address that needed a log-in: followed afterwards (design §2). */
export const REMEMBER_PATH = 'rt.after_login'
/** Why log-in is shown: told once. */
export const REASON = 'rt.login_reason'
/** What the next screen says once, in words. */
export const NOTICE = 'rt.notice'
/** What the first page says to somebody whose account was just deleted. */
export const CLOSED = 'rt.closed'

/** Read and forget. */
export function taken(key: string): string {
  const value = sessionStorage.getItem(key) ?? ''
  sessionStorage.removeItem(key)
  return value
}
