import type { Entry } from '../../i18n/catalogue'
import type { HomeKey } from './texts.ru'

export const homeEn: Record<HomeKey, Entry> = {
  show_all: 'Show all',
  show_less: 'Show fewer',
  class_menu: 'Actions: {name}',
  open_chat: 'Open the chat',
  members: 'Members',
  invite: 'Invite',
  students: { one: '{n} student', other: '{n} students' },
  attention: 'Needs attention',
  applications: { one: '{n} application waits for a decision', other: '{n} applications wait for a decision' },
  children: 'Children',
  child_held: 'Entry is suspended',
  child_waits: 'Waits for the school',
  no_school: 'You are not in a school yet',
  no_school_text: 'Find your school and apply, or open the link that the class teacher sent.',
  join: 'Join an organisation',
  waiting: 'Application sent to the school',
  waiting_text: 'Your class appears here once it is approved.',
  waiting_open: 'See the application',
}
