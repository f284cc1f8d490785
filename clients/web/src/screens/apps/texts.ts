/** Words of the applications' card (R-85). */
import type { Entry } from '../../i18n/catalogue'
import { speaker } from '../../i18n/own'

export const appsRu = {
  title: 'Приложения {brand}',
  mobile: 'Для мобильных устройств',
  desktop: 'Для компьютера и ноутбука',
  app_store: 'Загрузите в App Store',
  google_play: 'Доступно в Google Play',
  app_gallery: 'Откройте в AppGallery',
  rustore: 'Скачайте из RuStore',
  macos: 'Скачать для macOS',
  windows: 'Скачать для Windows',
  linux: 'Скачать для Linux',
  macos_note: 'Требуется macOS 10.9 или выше',
  install: 'Установить на это устройство',
} as const satisfies Record<string, Entry>

export const appsEn: Record<keyof typeof appsRu, Entry> = {
  title: '{brand} apps',
  mobile: 'For mobile devices',
  desktop: 'For computers and laptops',
  app_store: 'Download on the App Store',
  google_play: 'Get it on Google Play',
  app_gallery: 'Explore it on AppGallery',
  rustore: 'Get it on RuStore',
  macos: 'Download for macOS',
  windows: 'Download for Windows',
  linux: 'Download for Linux',
  macos_note: 'Requires macOS 10.9 or later',
  install: 'Install here',
}

export const a = speaker(appsRu, appsEn)
