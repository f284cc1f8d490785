import type { Entry } from '../../../i18n/catalogue'
import type { FilesKey } from './texts.ru'

export const filesEn: Record<FilesKey, Entry> = {
  picture: 'Photo',
  video: 'Video',
  voice: 'Voice message',
  audio: 'Audio',
  file: 'File',
  several: 'Files',
  open_picture: 'Open the photo: {name}',
  download: 'Download: {name}',
  play: 'Play',
  pause_sound: 'Pause',
  position: 'Position',
  speed: 'Speed: {x}',
  bytes: '{n} B',
  kilobytes: '{n} KB',
  megabytes: '{n} MB',
  gigabytes: '{n} GB',
}
