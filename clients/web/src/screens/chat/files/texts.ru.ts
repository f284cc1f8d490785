import type { Entry } from '../../../i18n/catalogue'

export const filesRu = {
  picture: 'Фото',
  video: 'Видео',
  voice: 'Голосовое',
  audio: 'Аудио',
  file: 'Файл',
  several: 'Файлы',
  open_picture: 'Открыть фото: {name}',
  download: 'Скачать: {name}',
  play: 'Слушать',
  pause_sound: 'Остановить',
  position: 'Место в записи',
  speed: 'Скорость: {x}',
  bytes: '{n} Б',
  kilobytes: '{n} КБ',
  megabytes: '{n} МБ',
  gigabytes: '{n} ГБ',
} satisfies Record<string, Entry>

export type FilesKey = keyof typeof filesRu
