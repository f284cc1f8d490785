/** Words of Security and My data (S21); what the other settings say stands in the main catalogue. */
import { speaker } from '../../i18n/own'
import { settingsEn } from './texts.en'
import { settingsRu } from './texts.ru'

export const s = speaker(settingsRu, settingsEn)
