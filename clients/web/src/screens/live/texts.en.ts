import type { Entry } from '../../i18n/catalogue'
import type { LiveKey } from './texts.ru'

export const liveEn: Record<LiveKey, Entry> = {
  typing: 'typing…',
  typing_name: '{name} is typing…',
  typing_n: { one: '{n} person is typing…', other: '{n} people are typing…' },
  read_only: 'Only teachers can write here',
  next_in: 'Next in {left}',
  readers: 'Read by',
  readers_none: 'Nobody yet.',
  report_title: 'Report the message?',
  report_text: 'The school’s administrators will see it and a few messages around it. Its author is not told.',
  report_send: 'Send the report',
  reported: 'Report sent',
  reason: 'Reason',
  comment: 'Comment (optional)',
  insult: 'Insult',
  threat: 'Threat or bullying',
  spam: 'Spam',
  forbidden: 'Forbidden content',
  other: 'Other',
}
