/** One upload by tus-js-client, in words of ours. Loaded when the first file is attached. */
import { Upload, type DetailedError } from 'tus-js-client'
import type { CoreError } from '../../../core/api'

/** One request; less would be all round trips, more would be lost with a proxy that holds bodies back. */
const CHUNK_BYTES = 8 * 1024 * 1024
const RETRY_MS = [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]
/** Told by the server itself to come again, or the net's own trouble. */
const PASSING = new Set([0, 409, 423, 429])

export interface Told {
  /** The upload exists on the server: its id is the file's. */
  created(id: string): void
  progress(sent: number): void
  done(): void
  /** Null: the network failed. */
  failed(error: CoreError | null): void
}

export interface Sending {
  /** Creates it on the server, or goes on from where the server has it. */
  go(): void
  stop(): void
  /** Ends it on the server too. */
  drop(): void
}

/** `id` of an upload that was begun before; '' creates one and stops there, so that posts can name it. */
export function sendingOf(file: File, id: string, told: Told): Sending {
  const begun = id !== ''
  let named = false
  const upload = new Upload(file, {
    // an upload that is gone must not become another one in silence
    ...(begun ? { uploadUrl: `/uploads/${id}` } : { endpoint: '/uploads/' }),
    chunkSize: CHUNK_BYTES,
    retryDelays: RETRY_MS,
    metadata: { filename: file.name },
    // the outbox knows what was begun; names of files stay out of localStorage
    storeFingerprintForResuming: false,
    onShouldRetry: (error) => navigator.onLine && passes(statusOf(error)),
    onUploadUrlAvailable() {
      if (begun || named || !upload.url) return
      named = true
      void upload.abort()
      upload.options.endpoint = null // from now on it goes on as this one, or fails
      const id = new URL(upload.url, location.href).pathname.split('/').at(-1) ?? ''
      // what the client had begun sees first that it was stopped: starting again at once would send twice
      setTimeout(() => told.created(id))
    },
    onProgress: (sent) => told.progress(sent),
    onSuccess: () => told.done(),
    onError: (error) => told.failed(refusalOf(error)),
  })
  return {
    go: () => upload.start(),
    stop: () => void upload.abort(),
    drop: () => void upload.abort(true).catch(() => undefined), // unfinished ones expire by themselves
  }
}

function passes(status: number): boolean {
  return PASSING.has(status) || status >= 500
}

function statusOf(error: Error | DetailedError): number {
  return ('originalResponse' in error && error.originalResponse?.getStatus()) || 0
}

function refusalOf(error: Error | DetailedError): CoreError | null {
  if (passes(statusOf(error))) return null
  try {
    const body = ('originalResponse' in error && error.originalResponse?.getBody()) || ''
    return (JSON.parse(body) as { error: CoreError }).error
  } catch {
    return null
  }
}
