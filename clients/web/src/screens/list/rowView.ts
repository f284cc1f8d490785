/** A chat as a row of the list: what it says, in the page's language. */
import type { ChatItem } from '../../core/api'
import { shortWhen } from '../../i18n/dates'
import { lang, t } from '../../i18n/index.svelte'
import { oneLine } from '../../ui/richtext'
import { gist } from '../chat/files/gist'
import { typingWords } from '../live/typing'
import { firstNameOf, hueIdOf, titleOf } from '../words'
import type { ChatRowView } from './view'

export function rowView(chat: ChatItem, draft: string, now: number): ChatRowView {
  const { last } = chat
  const title = titleOf(chat)
  const own = last?.own ?? false
  const lastAuthor = !last || last.deleted ? '' : own ? t('common.you') : chat.kind === 'direct' ? '' : firstNameOf(last.author)
  const text = !last ? '' : last.deleted ? t('s23.deleted') : gist(last)
  const when = chat.lastTs ? shortWhen(chat.lastTs, now, lang()) : ''
  const state = !own || last?.state === 'sent' ? 'none' : last?.state === 'failed' ? 'failed' : 'pending'
  const flags = [
    chat.unread > 0 && t('s22.spoken_unread', { n: chat.unread }),
    chat.markedUnread && t('s22.spoken_marked'),
    chat.pinned && t('s22.spoken_pinned'),
    chat.muted && t('s22.spoken_muted'),
    state === 'failed' && t('s23.state_failed'),
  ].filter(Boolean)
  return {
    id: chat.id,
    hueId: hueIdOf(chat),
    title,
    square: chat.kind !== 'direct',
    when,
    last: text,
    lastAuthor,
    lastGone: last?.deleted ?? false,
    draft: oneLine(draft),
    typing: typingWords(chat),
    unread: chat.unread,
    markedUnread: chat.markedUnread,
    muted: chat.muted,
    pinned: chat.pinned,
    state,
    spoken: flags.length ? `, ${flags.join(', ')}, ` : ', ',
  }
}
