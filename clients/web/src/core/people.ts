/** Names of people, asked for in batches as screens come to need them. Tells nothing of those we may not see (E-14). */
import type { Outcome, PeopleStore } from './api'
import type { Cache } from './cache'
import type { Ask } from './link'
import { PEOPLE_MAX, type Person } from '../wire.gen'
import { Topic } from './topic'

export class People implements PeopleStore {
  readonly topic = new Topic()
  #ask: Ask
  #cache: Pick<Cache, 'people' | 'savePeople'>
  #known = new Map<string, Person>()
  /** Asked for in this connection, so that nobody invisible is asked for again and again. */
  #asked = new Set<string>()
  #wanted = new Set<string>()

  constructor(ask: Ask, cache: Pick<Cache, 'people' | 'savePeople'>) {
    this.#ask = ask
    this.#cache = cache
  }

  async open(): Promise<void> {
    for (const person of await this.#cache.people()) if (!this.#known.has(person.id)) this.#known.set(person.id, person)
    this.topic.touch()
  }

  get(account: string): Person | undefined {
    this.topic.track()
    const person = this.peek(account)
    if (person === undefined) this.#want(account)
    return person
  }

  peek(account: string): Person | undefined {
    return this.#known.get(account)
  }

  put(people: readonly Person[]): void {
    const news = people.filter((one) => JSON.stringify(this.#known.get(one.id)) !== JSON.stringify(one))
    if (news.length === 0) return
    for (const person of news) this.#known.set(person.id, person)
    void this.#cache.savePeople(news)
    this.topic.touch()
  }

  async contacts(query: string): Promise<Outcome<readonly Person[]>> {
    const answer = await this.#ask('people.contacts', { query: query.trim(), limit: PEOPLE_MAX })
    if (answer.ok) {
      this.put(answer.value.people)
      return { ok: true, value: answer.value.people }
    }
    return answer.error.code === 'offline' ? { ok: true, value: this.#among(query) } : answer
  }

  /** Connected anew: who was not to be seen may be now. */
  connected(): void {
    this.#asked.clear()
    this.topic.touch()
  }

  clear(): void {
    this.#known.clear()
    this.#asked.clear()
    this.topic.touch()
  }

  #among(query: string): Person[] {
    const wanted = fold(query).split(/\s+/).filter(Boolean)
    return [...this.#known.values()].filter((person) => {
      const parts = fold(person.name).split(/\s+/)
      return wanted.every((prefix) => parts.some((part) => part.startsWith(prefix)))
    })
  }

  #want(account: string): void {
    if (account === '' || this.#asked.has(account)) return
    if (this.#wanted.size === 0) setTimeout(() => void this.#fetch())
    this.#wanted.add(account)
  }

  async #fetch(): Promise<void> {
    const accounts = [...this.#wanted].slice(0, PEOPLE_MAX)
    for (const account of accounts) {
      this.#wanted.delete(account)
      this.#asked.add(account)
    }
    if (this.#wanted.size > 0) setTimeout(() => void this.#fetch())
    const answer = await this.#ask('people.get', { accounts })
    if (answer.ok) this.put(answer.value.people)
    else if (answer.error.code !== 'offline') for (const account of accounts) this.#asked.delete(account)
  }
}

/** As the server folds names: any case, ё as е. */
function fold(text: string): string {
  return text.toLowerCase().replaceAll('ё', 'е')
}
