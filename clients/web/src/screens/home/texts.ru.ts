import type { Entry } from '../../i18n/catalogue'

export const homeRu = {
  show_all: 'Показать все',
  show_less: 'Свернуть',
  class_menu: 'Действия: {name}',
  open_chat: 'Открыть чат',
  members: 'Участники',
  invite: 'Пригласить',
  students: { one: '{n} ученик', few: '{n} ученика', many: '{n} учеников', other: '{n} ученика' },
  attention: 'Требуют внимания',
  applications: { one: '{n} заявка ждёт решения', few: '{n} заявки ждут решения', many: '{n} заявок ждут решения', other: '{n} заявки ждут решения' },
  children: 'Дети',
  child_held: 'Вход приостановлен',
  child_waits: 'Ждёт решения школы',
  no_school: 'Вы пока не в школе',
  no_school_text: 'Найдите свою школу и отправьте заявку или откройте ссылку, которую прислал классный руководитель.',
  join: 'Вступить в организацию',
  waiting: 'Заявка отправлена в школу',
  waiting_text: 'Когда её одобрят, здесь появится ваш класс.',
  waiting_open: 'Посмотреть заявку',
} as const satisfies Record<string, Entry>

export type HomeKey = keyof typeof homeRu
