/** What can be done with a chat of the list (S22): the menu's items, and the same by one key. */
import Archive from '@lucide/svelte/icons/archive'
import ArchiveRestore from '@lucide/svelte/icons/archive-restore'
import ArrowDown from '@lucide/svelte/icons/arrow-down'
import ArrowUp from '@lucide/svelte/icons/arrow-up'
import Bell from '@lucide/svelte/icons/bell'
import BellOff from '@lucide/svelte/icons/bell-off'
import LogOut from '@lucide/svelte/icons/log-out'
import MailOpen from '@lucide/svelte/icons/mail-open'
import MessageCircle from '@lucide/svelte/icons/message-circle'
import Pin from '@lucide/svelte/icons/pin'
import PinOff from '@lucide/svelte/icons/pin-off'
import { core } from '../../core/index.svelte'
import { MUTED_FOR_GOOD, type ChatItem } from '../../core/api'
import { t } from '../../i18n/index.svelte'
import { announce } from '../../ui/announcer.svelte'
import { openMenu, type MenuItem } from '../../ui/menu.svelte'
import type { Box } from '../../ui/place'
import { showToast } from '../../ui/toast.svelte'
import { openDialog } from '../dialogs.svelte'
import { run } from '../run'
import { titleOf } from '../words'

const HOUR_MS = 3_600_000

export function openChatMenu(chat: ChatItem, at: Box): void {
  openMenu({ label: t('s22.row_menu', { chat: titleOf(chat) }), at, items: items(chat, at) })
}

function items(chat: ChatItem, at: Box): MenuItem[] {
  const { pins } = core.chats
  const place = pins.indexOf(chat.id)
  const unread = chat.unread > 0 || chat.markedUnread
  const all: (MenuItem | false)[] = [
    !chat.archived && { id: 'pin', label: chat.pinned ? t('s22.unpin') : t('s22.pin'), icon: chat.pinned ? PinOff : Pin, keys: 'P', run: () => togglePin(chat) },
    place > 0 && { id: 'up', label: t('s22.up'), icon: ArrowUp, run: () => movePin(chat.id, -1) },
    place >= 0 && place < pins.length - 1 && { id: 'down', label: t('s22.down'), icon: ArrowDown, run: () => movePin(chat.id, 1) },
    {
      id: 'unread',
      label: unread ? t('s22.mark_read') : t('s22.mark_unread'),
      icon: unread ? MailOpen : MessageCircle,
      keys: 'U',
      run: () => toggleUnread(chat),
    },
    chat.muted
      ? { id: 'unmute', label: t('s22.unmute'), icon: Bell, run: () => void run(core.commands.mute(chat.id, 0)) }
      : { id: 'mute', label: t('s22.mute'), icon: BellOff, run: () => openMute(chat, at) },
    { id: 'archive', label: chat.archived ? t('s22.unarchive') : t('s22.archive_do'), icon: chat.archived ? ArchiveRestore : Archive, keys: 'E', run: () => void toggleArchive(chat) },
    chat.kind === 'group' && {
      id: 'leave',
      label: t('s22.leave'),
      icon: LogOut,
      danger: true,
      apart: true,
      run: () => openDialog({ kind: 'leave', chat: chat.id, title: titleOf(chat) }),
    },
  ]
  return all.filter((item): item is MenuItem => item !== false)
}

function openMute(chat: ChatItem, at: Box): void {
  const until = (ms: number) => () => void run(core.commands.mute(chat.id, ms))
  openMenu({
    label: t('s22.mute'),
    at,
    items: [
      { id: '1h', label: t('s22.mute_1h'), run: until(Date.now() + HOUR_MS) },
      { id: '8h', label: t('s22.mute_8h'), run: until(Date.now() + 8 * HOUR_MS) },
      { id: 'forever', label: t('s22.mute_forever'), run: until(MUTED_FOR_GOOD) },
    ],
  })
}

export function togglePin(chat: ChatItem): void {
  void run(core.commands.pinChat(chat.id, !chat.pinned))
}

export function toggleUnread(chat: ChatItem): void {
  void run(chat.unread > 0 || chat.markedUnread ? core.commands.markRead(chat.id) : core.commands.markUnread(chat.id))
}

export async function toggleArchive(chat: ChatItem): Promise<void> {
  const { archived } = chat
  if (!(await run(core.commands.archive(chat.id, !archived))) || archived) return
  const undo = () => void run(core.commands.archive(chat.id, false))
  showToast(t('s22.archived_toast'), { action: { label: t('common.undo'), run: undo } })
}

/** Move a pinned chat by one place. */
export function movePin(chat: string, step: -1 | 1): void {
  const at = core.chats.pins.indexOf(chat)
  placePin(chat, at + step)
}

/** Put a pinned chat at a place among the pinned ones. */
export function placePin(chat: string, to: number): void {
  const rest = core.chats.pins.filter((id) => id !== chat)
  if (to < 0 || to > rest.length) return
  rest.splice(to, 0, chat)
  announce(t('s22.moved_to', { n: to + 1, of: rest.length }))
  void run(core.commands.orderPins(rest))
}
