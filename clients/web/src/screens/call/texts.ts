/** Words of the call's page, in its own chunk. */
import { words, type Entry, type Lang, type Params } from '../../i18n/catalogue'
import { lang } from '../../i18n/index.svelte'

const ru = {
  title: 'Звонок',
  entering: 'Входим в звонок…',
  again: 'Связь прервалась. Возвращаемся в звонок…',
  ended: 'Звонок завершён',
  alone: 'Вы здесь первый(-ая). Ждём остальных',
  microphone_on: 'Включить микрофон',
  microphone_off: 'Выключить микрофон',
  camera_on: 'Включить камеру',
  camera_off: 'Выключить камеру',
  leave: 'Выйти',
  back: 'К чату',
  you: 'Вы',
  speaks: 'говорит',
  rung_3: 'Связь слабая: показываем не всех',
  rung_4: 'Связь слабая: видно только того, кто говорит',
  rung_5: 'Оставили только звук. Видео вернётся само',
  denied: 'Доступ к устройству запрещён. Разрешите его в настройках браузера для этого сайта',
  missing: 'Устройство не найдено. Подключите его и нажмите ещё раз',
  busy: 'Устройство занято другой программой. Закройте её и повторите',
  insecure: 'Звонки работают только по https',
}

const en: typeof ru = {
  title: 'Call',
  entering: 'Joining the call…',
  again: 'Connection lost. Coming back into the call…',
  ended: 'The call has ended',
  alone: 'You are the first here. Waiting for the others',
  microphone_on: 'Unmute',
  microphone_off: 'Mute',
  camera_on: 'Start camera',
  camera_off: 'Stop camera',
  leave: 'Leave',
  back: 'To the chat',
  you: 'You',
  speaks: 'speaking',
  rung_3: 'Weak connection: showing fewer people',
  rung_4: 'Weak connection: only the speaker is shown',
  rung_5: 'Audio only. Video will return by itself',
  denied: 'Access to the device is blocked. Allow it for this site in the browser’s settings',
  missing: 'No such device found. Plug one in and press again',
  busy: 'Another program uses the device. Close it and try again',
  insecure: 'Calls need https',
}

const catalogues: Record<Lang, Record<keyof typeof ru, Entry>> = { ru, en }

export type Word = keyof typeof ru

export function c(key: Word, params: Params = {}): string {
  return words(catalogues[lang()][key], params, new Intl.PluralRules(lang()))
}
