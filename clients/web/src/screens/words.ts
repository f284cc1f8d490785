/** Names and refusals in the page's language. */
import { core } from '../core/index.svelte'
import type { ChatItem, ChatRole, CoreError, Person } from '../core/api'
import { lang, t, type Key } from '../i18n/index.svelte'

/** A person's name, or «Участник чата» when it may not be known (E-14). */
export function nameOf(account: string): string {
  if (account === core.session.account && core.session.name) return core.session.name
  return core.people.get(account)?.name ?? t('s23.member_unnamed')
}

/** The first word of a name, for last lines of a group. */
export function firstNameOf(account: string): string {
  const person = account === core.session.account ? undefined : core.people.get(account)
  return person ? (person.name.split(' ')[0] ?? person.name) : account === core.session.account ? t('common.you') : t('s23.member_unnamed')
}

export function titleOf(chat: ChatItem): string {
  return chat.title || t('s23.member_unnamed')
}

/** Colour of a chat: of a direct one, the other person's. */
export function hueIdOf(chat: ChatItem): string {
  return chat.peer || chat.id
}

/** The roles that others see beside a name. */
export function rolesOf(person: Person | undefined): string {
  return (person?.roles ?? []).map((role) => t(`role.${role}` as Key)).join(', ')
}

export function chatRoleWord(role: ChatRole): string {
  return t(`s28.role_${role}` as Key)
}

/** What a refusal says: the server's text, or ours for what never reached it. */
export function errorText(error: CoreError): string {
  if (error.code === 'stale') return t('s23.too_old')
  const text = lang() === 'ru' ? error.message : error.message_en
  return text || t('common.needs_net')
}
