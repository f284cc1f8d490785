/** Words of search (S26) beyond those of the main catalogue. */
import { speaker } from '../../i18n/own'
import { searchEn } from './texts.en'
import { searchRu } from './texts.ru'

export const w = speaker(searchRu, searchEn)
