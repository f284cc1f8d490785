/**
 * Reads the newest messages of chats again that lost them to a reset, so that they can still be read without a network.
 * One chat at a time and after everything else: nobody waits for it. Opens no conversation.
 */
import type { Book } from './book'
import type { Ask } from './link'
import { runOf } from './model/run'
import type { People } from './people'
import { PAGE } from './talk'

/** The others are read when they are opened. */
const CHATS_MAX = 20

export async function refill(book: Book, ask: Ask, people: Pick<People, 'put'>): Promise<void> {
  const wanted = [...book.emptied].flatMap((id) => book.records.get(id) ?? [])
  book.emptied.clear()
  wanted.sort((a, b) => b.state.last_ts - a.state.last_ts)
  const chats = wanted.slice(0, CHATS_MAX).map(({ state }) => state.id)
  for (const [index, chat] of chats.entries()) {
    if (book.records.get(chat)?.tail !== null) continue
    const answer = await ask('message.history', { chat, limit: PAGE })
    if (!answer.ok) {
      for (const later of chats.slice(index)) book.emptied.add(later)
      return
    }
    people.put(answer.value.people)
    const run = book.current(chat, runOf(answer.value))
    if (run) book.setRun(chat, run)
  }
}
