import type { Entry } from '../../i18n/catalogue'
import type { SearchKey } from './texts.ru'

export const searchEn: Record<SearchKey, Entry> = {
  people: 'People',
  messages: 'Messages',
  searching: 'Searching…',
  nothing: 'Nothing found',
  nothing_text: 'Try another word.',
  offline: 'You are offline. Searching only what is loaded',
  more: 'Show more',
  found: { one: '{n} message found', other: '{n} messages found' },
  in_chat: 'Find in chat',
  older: 'Previous result',
  newer: 'Next result',
  place: '{i} of {of}',
  close: 'Close search',
}
