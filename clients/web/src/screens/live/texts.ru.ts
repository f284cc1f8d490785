import type { Entry } from '../../i18n/catalogue'

export const liveRu = {
  typing: 'печатает…',
  typing_name: '{name} печатает…',
  typing_n: { one: 'Печатает {n} человек…', few: 'Печатают {n} человека…', many: 'Печатают {n} человек…', other: 'Печатают {n} человека…' },
  read_only: 'Писать могут только учителя',
  next_in: 'Следующее через {left}',
  readers: 'Кто прочитал',
  readers_none: 'Пока никто.',
  report_title: 'Пожаловаться на сообщение?',
  report_text: 'Администраторы школы увидят его и несколько сообщений рядом. Автор о жалобе не узнает.',
  report_send: 'Отправить жалобу',
  reported: 'Жалоба отправлена',
  reason: 'Причина',
  comment: 'Комментарий (если нужен)',
  insult: 'Оскорбление',
  threat: 'Угроза или травля',
  spam: 'Спам',
  forbidden: 'Запрещённое содержание',
  other: 'Другое',
} as const satisfies Record<string, Entry>

export type LiveKey = keyof typeof liveRu
