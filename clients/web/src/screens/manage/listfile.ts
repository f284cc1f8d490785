/** A school's list of pupils as a file to the server (E-16): the body is the file itself, in whatever encoding it has. */
import type { CoreError, Outcome } from '../../core/api'
import type { Imported } from '../../wire.gen'

/** `dry` only tells what would happen. */
export async function sendList(school: string, file: Blob, dry: boolean): Promise<Outcome<Imported>> {
  try {
    const response = await fetch(`/api/schools/${encodeURIComponent(school)}/list?dry_run=${dry ? 1 : 0}`, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'text/csv' },
      body: file,
    })
    const answer: unknown = await response.json()
    if (response.ok) return { ok: true, value: answer as Imported }
    return { ok: false, error: (answer as { error: CoreError }).error }
  } catch {
    return {
      ok: false,
      error: { code: 'offline', message: 'Нет сети. Проверьте соединение и повторите', message_en: 'No network. Check the connection and try again', retryable: true, mender: 'you' },
    }
  }
}
