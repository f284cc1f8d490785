/** The message that was gone to from a search, and its words: the open conversation marks them. */

class Found {
  /** A new object each time, so that the same message can be gone to again. */
  at = $state.raw<{ chat: string; seq: number; words: readonly string[] } | null>(null)
}

export const found = new Found()
