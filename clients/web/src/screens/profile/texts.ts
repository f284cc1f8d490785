/** Words of the own profile, of other people's, of contacts and of the blacklist (S19). */
import { speaker } from '../../i18n/own'
import { profileEn } from './texts.en'
import { profileRu } from './texts.ru'

export const p = speaker(profileRu, profileEn)
