/** Tells of messages in chats that are not looked at: a toast that opens them, and a sound. Lives while somebody is in. */
import { core } from '../core/index.svelte'
import type { Said } from '../core/api'
import { t } from '../i18n/index.svelte'
import { gist } from './chat/files/gist'
import { showToast, toasts } from '../ui/toast.svelte'
import { chime } from './chime'
import { noticeOf } from './notice'
import { prefs } from './prefs.svelte'
import { chatPath, go, router } from './router.svelte'
import { firstNameOf, titleOf } from './words'

const SHOWN_SIGNS = 90

/** Gives the way to stop. */
export function startNotices(): () => void {
  return core.onSaid(tell)
}

function tell(said: Said): void {
  const chat = core.chats.get(said.chat)
  if (!chat) return
  const { place } = router
  const notice = noticeOf({
    muted: chat.muted,
    open: place.screen === 'messages' && place.chat === said.chat,
    visible: document.visibilityState === 'visible',
    focused: document.hasFocus(),
    leads: said.leads,
    sound: prefs.now.sound,
  })
  if (notice.sound) chime()
  // an undo that still waits is worth more than news, which the list shows anyway
  if (!notice.toast || toasts.toast?.action) return
  const words = gist(said)
  const text = words.length > SHOWN_SIGNS ? `${words.slice(0, SHOWN_SIGNS)}…` : words
  const from = chat.kind === 'direct' ? titleOf(chat) : `${titleOf(chat)} · ${firstNameOf(said.author)}`
  showToast(`${from}: ${text}`, { action: { label: t('common.open'), run: () => go(chatPath(said.chat, { seq: said.seq })) } })
}
