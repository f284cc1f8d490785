/** Which menu is open. One at a time; `MenuHost` draws it as a floating list, or as a sheet on phones. */
import type { Icon } from './icon'
import type { Box } from './place'

export type MenuItem = {
  id: string
  label: string
  icon?: Icon
  danger?: boolean
  /** Shown at the end of the row; the key itself is handled by whoever owns the row. */
  keys?: string
  checked?: boolean
  /** A line above this item. */
  apart?: boolean
  run: () => void
}

export type MenuAsk = {
  label: string
  items: MenuItem[]
  at: Box
  /** Emoji of the row above the items, with the handler of a press. */
  reactions?: { emoji: string[]; mine: string[]; react: (emoji: string) => void; more?: () => void }
}

class Open {
  ask = $state.raw<MenuAsk | null>(null)
}

export const menu = new Open()

export function openMenu(ask: MenuAsk): void {
  menu.ask = ask
}

/** The box of an element, for menus that open from a button. */
export function boxOf(element: Element): Box {
  return element.getBoundingClientRect()
}

/** A point, for menus that open by right click or long press. */
export function boxAt(x: number, y: number): Box {
  return { left: x, top: y, width: 0, height: 0 }
}
