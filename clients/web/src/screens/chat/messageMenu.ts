/** What can be done with a message (S24): the menu's items, and the same by one key. */
import CheckCheck from '@lucide/svelte/icons/check-check'
import Copy from '@lucide/svelte/icons/copy'
import Flag from '@lucide/svelte/icons/flag'
import Forward from '@lucide/svelte/icons/forward'
import Link from '@lucide/svelte/icons/link'
import ListChecks from '@lucide/svelte/icons/list-checks'
import Pencil from '@lucide/svelte/icons/pencil'
import Pin from '@lucide/svelte/icons/pin'
import PinOff from '@lucide/svelte/icons/pin-off'
import Reply from '@lucide/svelte/icons/reply'
import RotateCw from '@lucide/svelte/icons/rotate-cw'
import Star from '@lucide/svelte/icons/star'
import StarOff from '@lucide/svelte/icons/star-off'
import Trash from '@lucide/svelte/icons/trash-2'
import { core } from '../../core/index.svelte'
import type { ChatItem, MessageItem } from '../../core/api'
import { t } from '../../i18n/index.svelte'
import { QUICK_REACTIONS } from '../../ui/emoji'
import { openMenu, type MenuItem } from '../../ui/menu.svelte'
import type { Box } from '../../ui/place'
import { toClipboard } from '../../ui/clipboard'
import { showToast } from '../../ui/toast.svelte'
import { openDialog } from '../dialogs.svelte'
import { live } from '../live/texts'
import { chatPath } from '../router.svelte'
import { run } from '../run'

/** In larger chats the server tells nobody's mark (E-4). */
const READERS_MAX = 100

/** What the conversation does when the menu or a key asks for it. */
export type Asked = {
  reply: (item: MessageItem) => void
  edit: (item: MessageItem) => void
  select: (item: MessageItem) => void
  moreReactions: (item: MessageItem) => void
}

export function openMessageMenu(chat: ChatItem, item: MessageItem, at: Box, asked: Asked): void {
  const sent = item.state === 'sent'
  openMenu({
    label: t('s24.menu'),
    at,
    items: sent ? items(chat, item, asked) : unsentItems(item),
    reactions:
      sent && !item.deleted
        ? { emoji: [...QUICK_REACTIONS], mine: mineOn(item), react: (emoji) => react(item, emoji), more: () => asked.moreReactions(item) }
        : undefined,
  })
}

function items(chat: ChatItem, item: MessageItem, asked: Asked): MenuItem[] {
  const remove: MenuItem = { id: 'delete', label: t('s24.delete'), icon: Trash, keys: 'Del', danger: true, apart: true, run: () => del(item) }
  if (item.deleted) return [remove]
  const all: (MenuItem | false)[] = [
    { id: 'reply', label: t('s24.reply'), icon: Reply, keys: 'R', run: () => asked.reply(item) },
    { id: 'forward', label: t('s24.forward'), icon: Forward, keys: 'F', run: () => forward(item) },
    chat.canPinMessages && {
      id: 'pin',
      label: item.pinned ? t('s24.unpin') : t('s24.pin'),
      icon: item.pinned ? PinOff : Pin,
      run: () => void run(core.commands.pinMessage(item.chat, item.seq, !item.pinned)),
    },
    { id: 'star', label: item.starred ? t('s24.unstar') : t('s24.star'), icon: item.starred ? StarOff : Star, keys: 'I', run: () => star(item) },
    item.text !== '' && { id: 'copy', label: t('s24.copy'), icon: Copy, run: () => copy(item.text) },
    { id: 'link', label: t('s24.copy_link'), icon: Link, run: () => copy(location.origin + chatPath(item.chat, { seq: item.seq })) },
    item.canEdit && { id: 'edit', label: t('s24.edit'), icon: Pencil, keys: 'E', run: () => asked.edit(item) },
    item.own && chat.membersCount <= READERS_MAX && { id: 'readers', label: live('readers'), icon: CheckCheck, run: () => openDialog({ kind: 'readers', message: item }) },
    { id: 'select', label: t('s24.select'), icon: ListChecks, run: () => asked.select(item) },
    !item.own && { id: 'report', label: t('s24.report'), icon: Flag, run: () => openDialog({ kind: 'report', message: item }) },
    remove,
  ]
  return all.filter((one): one is MenuItem => one !== false)
}

function unsentItems(item: MessageItem): MenuItem[] {
  const all: (MenuItem | false)[] = [
    item.state === 'failed' && { id: 'retry', label: t('s24.retry'), icon: RotateCw, run: () => core.outbox.retry(item.nonce) },
    item.text !== '' && { id: 'copy', label: t('s24.copy'), icon: Copy, run: () => copy(item.text) },
    item.state === 'failed' && { id: 'delete', label: t('s24.delete'), icon: Trash, danger: true, run: () => core.outbox.discard(item.nonce) },
  ]
  return all.filter((one): one is MenuItem => one !== false)
}

/** One letter on a focused message; false when it means nothing here. By `event.code`, so any layout will do. */
export function messageKey(code: string, item: MessageItem, asked: Asked): boolean {
  if (item.state !== 'sent') return false
  if (item.deleted && code !== 'Delete') return false
  const act: Record<string, (() => void) | undefined> = {
    KeyR: () => asked.reply(item),
    KeyF: () => forward(item),
    KeyI: () => star(item),
    KeyE: item.canEdit ? () => asked.edit(item) : undefined,
    Delete: () => del(item),
  }
  act[code]?.()
  return act[code] !== undefined
}

export function react(item: MessageItem, emoji: string, on = !mineOn(item).includes(emoji)): void {
  void run(core.commands.react(item.chat, item.seq, emoji, on))
}

function mineOn(item: MessageItem): string[] {
  return item.reactions.filter((one) => one.accounts.includes(core.session.account)).map((one) => one.emoji)
}

function star(item: MessageItem): void {
  void run(core.commands.star(item.chat, item.seq, !item.starred), item.starred ? t('s24.unstarred_toast') : t('s24.starred_toast'))
}

function forward(item: MessageItem): void {
  openDialog({ kind: 'forward', chat: item.chat, messages: [item] })
}

function del(item: MessageItem): void {
  openDialog({ kind: 'delete', chat: item.chat, messages: [item] })
}

export async function copy(text: string): Promise<void> {
  await toClipboard(text)
  showToast(t('s24.copied'))
}
