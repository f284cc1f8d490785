/** «Марина печатает…», in the page's language. */
import { core } from '../../core/index.svelte'
import type { ChatItem } from '../../core/api'
import { firstNameOf } from '../words'
import { live } from './texts'

/** '' while nobody is typing. */
export function typingWords(chat: ChatItem): string {
  const [first, ...others] = core.presence.typing(chat.id)
  if (first === undefined) return ''
  if (others.length > 0) return live('typing_n', { n: others.length + 1 })
  return chat.kind === 'direct' ? live('typing') : live('typing_name', { name: firstNameOf(first) })
}
