/** Whether a message that was just said is told by a toast and a sound (design §4.6). Pure. */

export type Surroundings = {
  /** The chat's notifications are off. */
  muted: boolean
  /** Its conversation is what this tab shows. */
  open: boolean
  visible: boolean
  focused: boolean
  /** This tab speaks for all tabs of the account. */
  leads: boolean
  /** The setting. */
  sound: boolean
}

/** A toast where it can be seen and tells something new; a sound once, however many tabs there are. */
export function noticeOf({ muted, open, visible, focused, leads, sound }: Surroundings): { toast: boolean; sound: boolean } {
  const reading = open && visible && focused
  if (muted || reading) return { toast: false, sound: false }
  return { toast: visible && !open, sound: sound && (focused || leads) }
}
