/** Words of files in a conversation. */
import { speaker } from '../../../i18n/own'
import { filesEn } from './texts.en'
import { filesRu } from './texts.ru'

export const f = speaker(filesRu, filesEn)
