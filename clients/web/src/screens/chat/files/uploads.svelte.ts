/**
 * Files on their way to the server: those beside the composer, and those of posts that wait for them.
 *
 * Each is created on the server at once, so that a post can name it; then three send at a time. They go on while other
 * chats are open.
 */
import { SvelteMap } from 'svelte/reactivity'
import { core } from '../../../core/index.svelte'
import type { CoreError, OutboxFile } from '../../../core/api'
import type { FileKind } from '../../../wire.gen'
import { admit } from './limits'
import { paceOf, withSample, type Sample } from './pace'
import type { Sending } from './tus'

const SENDING_MAX = 3
/** Numbers that change faster are not read. */
const SHOWN_EVERY_MS = 500

export type UploadState = 'starting' | 'queued' | 'sending' | 'paused' | 'offline' | 'done' | 'failed'

/** Uploads by their id on the server. */
const known = new SvelteMap<string, FileUpload>()
/** Those that are not up yet, in the order of choosing. */
const all = new Set<FileUpload>()

export class FileUpload {
  readonly file: File
  /** '' until the server knows it. */
  id = $state('')
  state = $state<UploadState>('starting')
  /** Bytes that are gone. */
  sent = $state(0)
  pace = $state.raw<{ speed: number; left: number } | null>(null)
  error = $state.raw<CoreError | null>(null)
  #sending: Sending | null = null
  #samples: Sample[] = []
  #shownAt = 0
  #dropped = false
  #gone = 0
  #showing: ReturnType<typeof setTimeout> | undefined

  constructor(file: File, id = '') {
    this.file = file
    this.id = id
    all.add(this)
    void this.#prepare()
  }

  /** As the post tells it to the list before the server has looked into it. */
  get described(): OutboxFile {
    const { name, size, type, lastModified } = this.file
    const [width, height, duration_ms] = [null, null, null]
    return { id: this.id, name, size, kind: kindOf(type), media_type: type, width, height, duration_ms, waveform: [], preview: false, scanned: true, modified: lastModified }
  }

  pause(): void {
    this.#sending?.stop()
    this.#to('paused')
  }

  resume(): void {
    this.error = null
    if (this.id !== '') this.#to('queued')
    else void this.#prepare()
  }

  /** Stop, and end it on the server: nobody wants it any more. */
  drop(): void {
    this.#dropped = true
    all.delete(this)
    known.delete(this.id)
    if (this.state === 'done') return // the server removes what nothing holds
    this.#sending?.drop()
    next()
  }

  /** Called by the queue: its turn has come. */
  begin(): void {
    this.state = 'sending'
    this.#samples = []
    this.#sending?.go()
  }

  #to(state: UploadState): void {
    this.state = state
    this.pace = null
    next()
  }

  async #prepare(): Promise<void> {
    this.state = 'starting'
    try {
      const { sendingOf } = await import('./tus')
      if (this.#dropped) return
      this.#sending = sendingOf(this.file, this.id, {
        created: (id) => this.#created(id),
        progress: (sent) => this.#progress(sent),
        done: () => this.#done(),
        failed: (error) => this.#failed(error),
      })
    } catch {
      this.#to(navigator.onLine ? 'failed' : 'offline') // the chunk did not come
      return
    }
    if (this.id === '') this.#sending.go()
    else this.#created(this.id)
  }

  #created(id: string): void {
    if (this.#dropped) return this.#sending?.drop() // taken away meanwhile
    this.id = id
    known.set(id, this)
    // a file without a byte is done with its creation
    if (this.state === 'starting') this.#to('queued')
  }

  #progress(sent: number): void {
    this.#gone = sent
    this.#showing ??= setTimeout(() => this.#show(), Math.max(0, this.#shownAt + SHOWN_EVERY_MS - Date.now()))
  }

  #show(): void {
    const at = Date.now()
    const sent = this.#gone
    this.#showing = undefined
    if (this.state === 'done') return
    this.#shownAt = at
    this.sent = sent
    this.#samples = withSample(this.#samples, { at, sent })
    this.pace = paceOf(this.#samples, this.file.size)
  }

  #done(): void {
    this.sent = this.file.size
    all.delete(this)
    this.#to('done')
  }

  #failed(error: CoreError | null): void {
    if (this.state === 'paused') return
    this.error = error
    this.#to(error === null && !navigator.onLine ? 'offline' : 'failed')
  }
}

/** Those of one chat that are not sent yet. */
class Tray {
  list = $state.raw<readonly FileUpload[]>([])

  /** Takes what may be attached; what may not is given back to be told. */
  add(files: readonly File[]): { tooBig: File[]; tooMany: boolean } {
    const { fit, tooBig, tooMany } = admit(files, this.list.length)
    this.list = [...this.list, ...fit.map((file) => new FileUpload(file))]
    return { tooBig, tooMany }
  }

  remove(upload: FileUpload): void {
    this.list = this.list.filter((one) => one !== upload)
    upload.drop()
  }

  /** For the post: the uploads go on without the tray. */
  take(): OutboxFile[] {
    const files = this.list.map((one) => one.described)
    this.list = []
    return files
  }
}

const trays = new Map<string, Tray>()

/** Kept while the page lives, one for each account's chat. */
export function trayOf(chat: string): Tray {
  const key = `${core.session.account}/${chat}`
  const tray = trays.get(key) ?? new Tray()
  trays.set(key, tray)
  return tray
}

export function uploadOf(id: string): FileUpload | undefined {
  return known.get(id)
}

/** The same file was chosen again: go on where the server has it. */
export function continueWith(file: File, id: string): void {
  known.get(id)?.pause()
  known.set(id, new FileUpload(file, id))
}

function next(): void {
  const now = [...all]
  let free = SENDING_MAX - now.filter((one) => one.state === 'sending').length
  for (const one of now) {
    if (free <= 0) return
    if (one.state !== 'queued') continue
    one.begin()
    free -= 1
  }
}

function kindOf(type: string): FileKind {
  if (type.startsWith('image/')) return 'picture'
  if (type.startsWith('video/')) return 'video'
  return type.startsWith('audio/') ? 'audio' : 'file'
}

addEventListener('online', () => {
  for (const one of all) if (one.state === 'offline') one.resume()
})
// bytes move only while the page is open
addEventListener('beforeunload', (event) => {
  if ([...all].some((one) => one.state === 'sending' || one.state === 'queued')) event.preventDefault()
})
