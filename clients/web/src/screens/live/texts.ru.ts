import type { Entry } from '../../i18n/catalogue'

export const liveRu = {
  typing: 'печатает…',
  typing_name: '{name} печатает…',
  typing_n: { one: 'Печатает {n} человек…', few: 'Печатают {n} человека…', many: 'Печатают {n} человек…', other: 'Печатают {n} человека…' },
} as const satisfies Record<string, Entry>

export type LiveKey = keyof typeof liveRu
