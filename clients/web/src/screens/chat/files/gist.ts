/** A message in one line, where there is no room for its files: lists, quotes, notices. */
import type { Attachment } from '../../../core/api'
import { lang } from '../../../i18n/index.svelte'
import { oneLine } from '../../../ui/richtext'
import { sizeOf } from './measures'
import { f } from './texts'

type Saying = { text: string; deleted?: boolean; files: readonly Attachment[] }

/** «Фото», «Файлы (3) · подпись», or the text alone. Of a deleted message nothing. */
export function gist(message: Saying): string {
  if (message.deleted) return ''
  return [filesWord(message.files), oneLine(message.text)].filter(Boolean).join(' · ')
}

/** What the files are called together: '' when there are none. */
export function filesWord(files: readonly Attachment[]): string {
  const kind = files[0]?.kind
  if (kind === undefined) return ''
  if (files.length === 1) return f(kind)
  const alike = files.every((one) => one.kind === kind)
  return `${alike && kind !== 'file' ? f(kind) : f('several')} (${files.length})`
}

export function sizeWords(bytes: number): string {
  const { n, unit } = sizeOf(bytes)
  return f(unit, { n: n.toLocaleString(lang()) })
}
