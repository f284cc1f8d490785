/**
 * The stack of what lies over the page: menus, dialogs, panels, reply bars. Back and Esc close the topmost and nothing else.
 *
 * Each layer that should answer to the browser's back button owns one history entry; small ones (menus) own none.
 */

type Layer = { close: () => void; entry: boolean }

const stack: Layer[] = []
let skip = 0

export type Release = () => void

/**
 * Put a layer on top. `close` is called when back or Esc asks for it; call the returned function when the layer
 * closes by itself, so that its history entry goes too.
 */
export function openLayer(close: () => void, entry = true): Release {
  const layer: Layer = { close, entry }
  stack.push(layer)
  if (entry) history.pushState({ ...history.state, layer: stack.length }, '')
  return () => {
    const at = stack.indexOf(layer)
    if (at < 0) return
    stack.splice(at, 1)
    if (entry) {
      skip += 1
      history.back()
    }
  }
}

/** A dialog that leads elsewhere: its entry is replaced by the new place instead of being walked back. */
export function consumeLayers(): boolean {
  const had = stack.some((layer) => layer.entry)
  for (const layer of stack.splice(0).reverse()) layer.close()
  return had
}

/** Close the topmost layer; false when there is none. */
export function closeTop(): boolean {
  const top = stack.pop()
  if (!top) return false
  top.close()
  if (top.entry) {
    skip += 1
    history.back()
  }
  return true
}

/** To be asked at every popstate: true when it belonged to a layer, and the page stays where it is. */
export function layerPopped(): boolean {
  if (skip > 0) {
    skip -= 1
    return true
  }
  while (stack.length && !stack.at(-1)?.entry) stack.pop()?.close()
  const top = stack.pop()
  if (!top) return false
  top.close()
  return true
}

export function hasLayers(): boolean {
  return stack.length > 0
}
