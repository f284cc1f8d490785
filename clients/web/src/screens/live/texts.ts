/** Words for what happens in a chat just now: typing, reading, rules of writing. */
import { speaker } from '../../i18n/own'
import { liveEn } from './texts.en'
import { liveRu } from './texts.ru'

export const live = speaker(liveRu, liveEn)
