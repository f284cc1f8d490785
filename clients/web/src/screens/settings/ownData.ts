/** «Скачать мои данные» (E-13): the pages of the server's answer as one, and a text as a file of the browser. */
import { api } from '../../core/http'
import type { Outcome } from '../../core/api'
import type { OwnData } from '../../wire.gen'

/** Everything, the messages of all pages in one list. */
export async function collectOwnData(ask = (after: string) => api('GET /api/auth/my-data', { query: { after } })): Promise<Outcome<Omit<OwnData, 'more'>>> {
  const messages: OwnData['messages'] = []
  let after = ''
  for (;;) {
    const page = await ask(after)
    if (!page.ok) return page
    messages.push(...page.value.messages)
    const { more, ...rest } = page.value
    if (!more) return { ok: true, value: { ...rest, messages } }
    after = more
  }
}

export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  // after the browser has taken it over
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
