import type { Entry } from '../../i18n/catalogue'

export const searchRu = {
  people: 'Люди',
  messages: 'Сообщения',
  searching: 'Ищем…',
  nothing: 'Ничего не нашлось',
  nothing_text: 'Попробуйте другое слово.',
  offline: 'Нет сети. Ищем только в загруженном',
  more: 'Показать ещё',
  found: { one: 'Найдено {n} сообщение', few: 'Найдено {n} сообщения', many: 'Найдено {n} сообщений', other: 'Найдено {n} сообщения' },
  in_chat: 'Найти в чате',
  older: 'Предыдущее найденное',
  newer: 'Следующее найденное',
  place: '{i} из {of}',
  close: 'Закрыть поиск',
} as const satisfies Record<string, Entry>

export type SearchKey = keyof typeof searchRu
