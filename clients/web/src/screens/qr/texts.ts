/** Words of the log-in by QR code, loaded with it. */
import { lang } from '../../i18n/index.svelte'

const ru = {
  title: 'Быстрый вход по QR-коду',
  point: 'Наведите камеру телефона, на котором вы уже вошли в {brand}',
  picture: 'QR-код для входа на этом компьютере',
  waiting: 'Ждём телефон',
  seen: 'Подтвердите вход на телефоне',
  refused: 'Вход отклонён на телефоне',
  tired: 'Код больше не обновляется',
  fresh: 'Показать новый код',
  renewed: 'Код обновлён',
  entering: 'Входим…',
  more: 'Подробнее',
  more_text: 'Откройте камеру телефона и наведите её на код. Телефон покажет, какой компьютер просит войти. Код действует минуту и только один раз, пароль вводить не нужно',
  ask: 'Войти на этом компьютере?',
  ask_text: 'Подтверждайте, только если вы сами открыли страницу входа на этом компьютере',
  device: 'Компьютер',
  asked: 'Код показан',
  as: 'Вы войдёте как',
  yes: 'Это я, войти',
  no: 'Это не я',
  done: 'Готово, компьютер вошёл',
  done_text: 'Завершить вход можно в настройках: «Безопасность», «Устройства»',
  denied: 'Вход отклонён',
  denied_text: 'Этот код больше никого не впустит. Если его показали не вы, ничего делать не нужно',
  old: 'Код устарел',
  old_text: 'На компьютере появится новый. Наведите камеру ещё раз',
  used: 'Код уже использован',
  home: 'На главную',
  load: 'Загружается',
}

const en: Record<keyof typeof ru, string> = {
  title: 'Quick log-in by QR code',
  point: 'Point the camera of a phone that is logged in to {brand}',
  picture: 'QR code for logging in on this computer',
  waiting: 'Waiting for the phone',
  seen: 'Confirm on the phone',
  refused: 'Refused on the phone',
  tired: 'The code is no longer renewed',
  fresh: 'Show a new code',
  renewed: 'Code refreshed',
  entering: 'Logging in…',
  more: 'More',
  more_text: 'Open the camera of the phone and point it at the code. The phone shows which computer asks. The code works for a minute and only once; no password is typed',
  ask: 'Log in on this computer?',
  ask_text: 'Confirm only if you opened the log-in page on this computer yourself',
  device: 'Computer',
  asked: 'Code shown',
  as: 'You will be logged in as',
  yes: 'It is me, log in',
  no: 'It is not me',
  done: 'Done, the computer is logged in',
  done_text: 'You can end it in Settings: Security, Devices',
  denied: 'Refused',
  denied_text: 'This code lets nobody in any more. If somebody else showed it, nothing needs doing',
  old: 'The code is old',
  old_text: 'The computer will show a new one. Point the camera again',
  used: 'The code was used already',
  home: 'Go Home',
  load: 'Loading',
}

export const qrWords = { ru, en }

export function q(key: keyof typeof ru, params: Record<string, string> = {}): string {
  return (lang() === 'ru' ? ru : en)[key].replace(/\{(\w+)\}/g, (whole, name: string) => params[name] ?? whole)
}
