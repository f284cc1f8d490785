/** A tooltip after 600 ms of hover, or at once on keyboard focus. For eyes only: the control has its own name. */
import { placeOver } from './place'

const DELAY_MS = 600

let bubble: HTMLElement | undefined

function show(anchor: HTMLElement, text: string): void {
  bubble ??= Object.assign(document.createElement('div'), { className: 'tooltip' })
  bubble.setAttribute('aria-hidden', 'true')
  bubble.textContent = text
  // A dialog in the top layer would cover a tooltip of the page's body.
  ;(anchor.closest('dialog') ?? document.body).append(bubble)
  const view = { width: document.documentElement.clientWidth, height: document.documentElement.clientHeight }
  const point = placeOver(anchor.getBoundingClientRect(), bubble.getBoundingClientRect(), view)
  bubble.style.left = `${point.left}px`
  bubble.style.top = `${point.top}px`
}

function hide(): void {
  bubble?.remove()
}

export function tooltip(node: HTMLElement, text: string) {
  let words = text
  let timer = 0
  const stop = () => {
    clearTimeout(timer)
    hide()
  }
  const hover = (event: PointerEvent) => {
    if (event.pointerType !== 'mouse') return
    clearTimeout(timer)
    timer = window.setTimeout(() => show(node, words), DELAY_MS)
  }
  const focus = () => {
    if (node.matches(':focus-visible')) show(node, words)
  }
  const escape = (event: KeyboardEvent) => event.code === 'Escape' && stop()
  node.addEventListener('pointerenter', hover)
  node.addEventListener('pointerleave', stop)
  node.addEventListener('pointerdown', stop)
  node.addEventListener('focus', focus)
  node.addEventListener('blur', stop)
  node.addEventListener('keydown', escape)
  return {
    update(next: string) {
      words = next
    },
    destroy: stop,
  }
}
