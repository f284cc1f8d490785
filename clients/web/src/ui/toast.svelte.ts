/** One toast at a time, five seconds; hover and focus hold it. Never the only carrier of an error that blocks somebody. */

export type Toast = {
  id: number
  text: string
  tone: 'plain' | 'error'
  action?: { label: string; run: () => void }
  /** Called when the time is over without the action: what an undo was holding back. */
  lapse?: () => void
}

const SHOWN_MS = 5000

let timer = 0
let count = 0

class Now {
  toast = $state.raw<Toast | null>(null)
}

export const toasts = new Now()

export function showToast(text: string, more: Partial<Omit<Toast, 'id' | 'text'>> = {}): void {
  finish()
  toasts.toast = { tone: 'plain', ...more, id: ++count, text }
  arm()
}

export function holdToast(): void {
  clearTimeout(timer)
}

export function arm(): void {
  clearTimeout(timer)
  timer = window.setTimeout(finish, SHOWN_MS)
}

export function actToast(): void {
  const { toast } = toasts
  clearTimeout(timer)
  toasts.toast = null
  toast?.action?.run()
}

/** Close now; what an undo held back happens. */
export function finish(): void {
  const { toast } = toasts
  clearTimeout(timer)
  toasts.toast = null
  toast?.lapse?.()
}
