/** Where a floating box goes beside its anchor. Pure: rectangles in, a point out; all numbers are CSS pixels. */

export type Box = { left: number; top: number; width: number; height: number }
export type Size = { width: number; height: number }
export type Point = { left: number; top: number }

const GAP = 6
const EDGE = 8

/** Below the anchor if it fits, else above; start edges aligned unless that leaves the window; never outside it. */
export function placeBeside(anchor: Box, box: Size, view: Size): Point {
  const below = anchor.top + anchor.height + GAP
  const above = anchor.top - GAP - box.height
  const fitsBelow = below + box.height <= view.height - EDGE
  const top = fitsBelow || above < EDGE ? below : above
  const startAligned = anchor.left
  const endAligned = anchor.left + anchor.width - box.width
  const left = startAligned + box.width <= view.width - EDGE ? startAligned : endAligned
  return inside({ left, top }, box, view)
}

/** Centred above the anchor if it fits, else below: for tooltips. */
export function placeOver(anchor: Box, box: Size, view: Size): Point {
  const above = anchor.top - GAP - box.height
  const top = above >= EDGE ? above : anchor.top + anchor.height + GAP
  return inside({ left: anchor.left + (anchor.width - box.width) / 2, top }, box, view)
}

function inside(point: Point, box: Size, view: Size): Point {
  return {
    left: Math.max(EDGE, Math.min(point.left, view.width - box.width - EDGE)),
    top: Math.max(EDGE, Math.min(point.top, view.height - box.height - EDGE)),
  }
}
