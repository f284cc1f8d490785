import type { Entry } from '../../i18n/catalogue'
import type { LiveKey } from './texts.ru'

export const liveEn: Record<LiveKey, Entry> = {
  typing: 'typing…',
  typing_name: '{name} is typing…',
  typing_n: { one: '{n} person is typing…', other: '{n} people are typing…' },
}
