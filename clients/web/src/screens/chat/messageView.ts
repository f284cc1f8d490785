/** A message as its bubble shows it, in the page's language. */
import { core } from '../../core/index.svelte'
import type { Conversation, MessageItem } from '../../core/api'
import { longWhen } from '../../i18n/dates'
import { lang, t } from '../../i18n/index.svelte'
import { hueOf } from '../../ui/hue'
import { nameOf } from '../words'
import { filesWord, gist } from './files/gist'
import type { MessageView, PillView, QuoteView } from './view'

export function messageView(item: MessageItem, talk: Conversation): MessageView {
  return {
    seq: item.seq,
    nonce: item.nonce,
    ts: item.ts,
    author: item.author,
    authorName: nameOf(item.author),
    hue: hueOf(item.author),
    own: item.own,
    text: item.text,
    files: item.deleted ? [] : item.files,
    deleted: item.deleted,
    edited: item.edited_ts !== null && !item.deleted,
    starred: item.starred && !item.deleted,
    pinned: item.pinned && !item.deleted,
    state: item.state,
    forwardedFrom: item.forwarded ? item.forwarded.author_name || t('s23.member_unnamed') : '',
    read: item.own && item.state === 'sent' && !item.deleted && core.presence.readBy(item.chat, item.seq).length > 0,
    quote: item.reply_to === null ? null : quoteOf(talk.message(item.reply_to), item.reply_to),
    pills: item.reactions.map(pillOf),
  }
}

export function quoteOf(target: MessageItem | null | undefined, seq: number): QuoteView {
  if (!target) return { seq, author: t('s23.quote_unloaded'), hue: 7, text: target === null ? t('s23.deleted') : '…', gone: target === null }
  const text = target.deleted ? t('s23.deleted') : gist(target)
  return { seq, author: nameOf(target.author), hue: hueOf(target.author), text, gone: target.deleted }
}

function pillOf(reaction: { emoji: string; accounts: readonly string[] }): PillView {
  const names = reaction.accounts.slice(0, 12).map((one) => (one === core.session.account ? t('common.you') : nameOf(one)))
  const more = reaction.accounts.length - names.length
  return {
    emoji: reaction.emoji,
    n: reaction.accounts.length,
    mine: reaction.accounts.includes(core.session.account),
    names: names.join(', ') + (more > 0 ? ` +${more}` : ''),
  }
}

/** The row in words, for screen readers: author, text, time, state. */
export function spokenOf(view: MessageView): string {
  const said = view.deleted ? t('s23.deleted') : view.text.slice(0, 400)
  const state = view.state === 'pending' ? t('s23.state_pending') : view.state === 'failed' ? t('s23.state_failed') : view.read ? t('s23.state_read') : view.own ? t('s23.state_sent') : ''
  return [
    view.own ? t('common.you') : view.authorName,
    view.forwardedFrom && t('s23.forwarded_from', { name: view.forwardedFrom }),
    view.quote && t('s23.replying', { name: view.quote.author }),
    filesWord(view.files),
    said,
    view.pills.map((pill) => `${pill.emoji} ${pill.n}`).join(' '),
    view.edited && t('s23.flag_edited'),
    view.starred && t('s23.flag_starred'),
    longWhen(view.ts, lang()),
    state,
  ]
    .filter(Boolean)
    .join(', ')
}
