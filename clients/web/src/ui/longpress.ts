/** A finger that rests for half a second asks for the menu; the click that follows is swallowed. */

const HOLD_MS = 500
const SLIP_PX = 10

export function longPress(node: HTMLElement, ask: (x: number, y: number) => void) {
  let asked = ask
  let timer = 0
  let from = { x: 0, y: 0 }
  let fired = false
  const down = (event: PointerEvent) => {
    fired = false
    if (event.pointerType === 'mouse') return
    from = { x: event.clientX, y: event.clientY }
    timer = window.setTimeout(() => {
      fired = true
      navigator.vibrate?.(10)
      asked(from.x, from.y)
    }, HOLD_MS)
  }
  const move = (event: PointerEvent) => {
    if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > SLIP_PX) clearTimeout(timer)
  }
  const stop = () => clearTimeout(timer)
  const click = (event: MouseEvent) => {
    if (!fired) return
    fired = false
    event.preventDefault()
    event.stopPropagation()
  }
  node.addEventListener('pointerdown', down)
  node.addEventListener('pointermove', move)
  node.addEventListener('pointerup', stop)
  node.addEventListener('pointercancel', stop)
  node.addEventListener('click', click, true)
  return {
    update(next: (x: number, y: number) => void) {
      asked = next
    },
    destroy: stop,
  }
}
