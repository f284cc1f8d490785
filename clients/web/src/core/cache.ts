/**
 * The account's data on this device, one IndexedDB database an account: instant start, offline reading, unsent texts.
 *
 * One tab writes the chats (it holds a lock), so that no tab puts back what another has moved on. A browser without
 * IndexedDB (private windows of old Firefox) works without a cache: every method then gives nothing.
 */
import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { ChatState, Person } from '../wire.gen'
import type { OutboxFile } from './api'
import type { Book } from './book'
import { tailOf, type Run } from './model/run'

export interface KeptChat {
  id: string
  state: ChatState
  cursor: number
  tail: Run | null
}
export interface KeptPost {
  nonce: string
  chat: string
  text: string
  replyTo: number | null
  files: readonly OutboxFile[]
  /** The server holds it until its files are finished. */
  held: boolean
  created: number
  tries: number
  /** The tab that sends it; another takes over when that tab is gone. */
  tab: string
}
/** `told`: the server has it like this. */
export interface KeptDraft {
  text: string
  told: boolean
}
interface Meta {
  epoch: string
  accountSeq: number
  pins: readonly string[]
  /** When the chats were last known to be current, unix ms. */
  fresh: number
}
interface Schema extends DBSchema {
  meta: { key: string; value: Meta }
  chats: { key: string; value: KeptChat }
  people: { key: string; value: Person }
  outbox: { key: string; value: KeptPost }
  /** A bare text was kept before drafts went to the server. */
  drafts: { key: string; value: KeptDraft | string }
}

const VERSION = 1
const PREFIX = 'rt-'

export class Cache {
  #db: IDBPDatabase<Schema> | null = null
  #name = ''

  async open(account: string): Promise<void> {
    this.#name = PREFIX + account
    try {
      this.#db = await openDB<Schema>(this.#name, VERSION, {
        upgrade(db) {
          db.createObjectStore('meta')
          db.createObjectStore('chats', { keyPath: 'id' })
          db.createObjectStore('people', { keyPath: 'id' })
          db.createObjectStore('outbox', { keyPath: 'nonce' })
          db.createObjectStore('drafts')
        },
        // another tab wipes the data: do not stand in its way
        blocking: () => this.#close(),
        terminated: () => (this.#db = null),
      })
    } catch {
      this.#db = null
    }
  }

  /** Remove everything of the account from this device. */
  async wipe(account: string): Promise<void> {
    this.#close()
    await quietly(() => deleteDB(PREFIX + account))
  }

  /** Fill an empty book. Gives when it was last current, 0 when nothing is kept. */
  async load(book: Book): Promise<number> {
    const kept = await this.#do(async (db) => {
      const at = db.transaction(['meta', 'chats'])
      return { meta: await at.objectStore('meta').get('book'), chats: await at.objectStore('chats').getAll() }
    })
    if (!kept?.meta || !book.empty) return 0
    for (const { state, cursor, tail } of kept.chats) {
      book.records.set(state.id, { state, cursor, tail, earlier: [], recent: [], extra: new Map(), sent: [] })
    }
    book.epoch = kept.meta.epoch
    book.accountSeq = kept.meta.accountSeq
    book.pins = kept.meta.pins
    book.topic.touch()
    return kept.meta.fresh
  }

  /** What changed in the book, cursors and states in one transaction. */
  async save(book: Book, fresh: number): Promise<void> {
    const changed = [...book.dirty]
    book.dirty.clear()
    if (book.empty) return
    const kept = await this.#do(async (db) => {
      const at = db.transaction(['meta', 'chats'], 'readwrite')
      const chats = at.objectStore('chats')
      for (const id of changed) {
        const record = book.records.get(id)
        if (record === undefined) void chats.delete(id)
        else void chats.put({ id, state: record.state, cursor: record.cursor, tail: record.tail && tailOf(record.tail) })
      }
      void at.objectStore('meta').put(metaOf(book, fresh), 'book')
      // at once: a page that is being left may not see its requests come back
      at.commit()
      await at.done
      return true
    })
    if (!kept && this.#db) for (const id of changed) book.dirty.add(id) // a full disk may have room the next time
  }

  async people(): Promise<Person[]> {
    return (await this.#do((db) => db.getAll('people'))) ?? []
  }

  async savePeople(people: readonly Person[]): Promise<void> {
    await this.#do(async (db) => {
      const at = db.transaction('people', 'readwrite')
      for (const person of people) void at.store.put(person)
      await at.done
    })
  }

  async posts(): Promise<KeptPost[]> {
    const kept = (await this.#do((db) => db.getAll('outbox'))) ?? []
    // those of a build that knew no files have none
    return kept.map((post) => ({ ...post, files: post.files ?? [], held: post.held ?? false }))
  }

  async savePost(post: KeptPost): Promise<void> {
    await this.#do((db) => db.put('outbox', post))
  }

  async dropPost(nonce: string): Promise<void> {
    await this.#do((db) => db.delete('outbox', nonce))
  }

  async drafts(): Promise<Map<string, KeptDraft>> {
    const kept = await this.#do(async (db) => {
      const at = db.transaction('drafts')
      return { keys: await at.store.getAllKeys(), values: await at.store.getAll() }
    })
    const draft = (value: KeptDraft | string = '') => (typeof value === 'string' ? { text: value, told: false } : value)
    return new Map(kept?.keys.map((key, index) => [key, draft(kept.values[index])]))
  }

  async saveDraft(chat: string, text: string, told = false): Promise<void> {
    await this.#do<unknown>((db) => (told && text === '' ? db.delete('drafts', chat) : db.put('drafts', { text, told }, chat)))
  }

  #close(): void {
    this.#db?.close()
    this.#db = null
  }

  async #do<T>(work: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T | undefined> {
    const db = this.#db
    return db === null ? undefined : quietly(() => work(db))
  }
}

function metaOf(book: Book, fresh: number): Meta {
  return { epoch: book.epoch, accountSeq: book.accountSeq, pins: [...book.pins], fresh }
}

/** A full disk or a closed database costs the cache, never the conversation. */
async function quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch {
    return undefined
  }
}
