/** Words of Home (S18) beyond those of the main catalogue. */
import { speaker } from '../../i18n/own'
import { homeEn } from './texts.en'
import { homeRu } from './texts.ru'

export const h = speaker(homeRu, homeEn)
