/**
 * One call as this page is in it: enters, sends, sees, and comes back when media or the server was away. It stays until
 * the person leaves or the call ends.
 */
import { SvelteMap } from 'svelte/reactivity'
import type { CoreError, Outcome } from '../core/api'
import type { CallAnyEvent, CallChannel } from '../core/calls'
import type { CallPerson, CallTrack, Commands } from '../wire.gen'
import { CallMedia } from './media'

type Own = 'call.answer' | 'call.offer' | 'call.slots' | 'call.layers' | 'call.leave'
export type CallPhase = 'entering' | 'in' | 'again' | 'ended' | 'refused'

/** Between two tries to come back: a worker is there again within a second. */
const AGAIN_MS = 300
const AGAIN_MOST_MS = 3_000
/** Height that a picture is asked at before its tile was measured. */
const HEIGHT = 720

export class LiveCall {
  phase = $state<CallPhase>('entering')
  error = $state.raw<CoreError | undefined>()
  people = $state.raw<CallPerson[]>([])
  tracks = $state.raw<CallTrack[]>([])
  speakers = $state.raw<string[]>([])
  rung = $state(0)
  microphone = $state.raw<MediaStreamTrack | null>(null)
  camera = $state.raw<MediaStreamTrack | null>(null)
  /** Slot → the track's id that stands in it. */
  readonly shown = new SvelteMap<string, string>()
  /** Slot → what it plays. */
  readonly playing = new SvelteMap<string, MediaStreamTrack>()
  participant = ''
  call = ''
  #channel: CallChannel
  #chat: string
  #media: CallMedia | undefined
  #off: () => void
  #life = 0
  /** Track → the height at which its picture was last shown. */
  #sizes = new Map<string, number>()
  #asking: Promise<void> = Promise.resolve()
  #gone = false

  constructor(channel: CallChannel, chat: string) {
    this.#channel = channel
    this.#chat = chat
    this.#off = channel.on((event) => this.#heard(event))
  }

  /** Start the chat's call, or get into the one that runs. */
  async enter(nonce: string): Promise<void> {
    const started = await this.#insist(() => this.#channel.ask('call.start', { chat: this.#chat, nonce }))
    if (this.#gone) return
    if (!started.ok) return this.#refuse(started.error)
    if (!started.value.call) return
    this.call = started.value.call.id
    await this.#connect()
  }

  async setMicrophone(track: MediaStreamTrack | null): Promise<void> {
    this.microphone?.stop()
    this.microphone = track
    await this.#media?.microphone(track)
    await this.#offer()
  }

  async setCamera(track: MediaStreamTrack | null): Promise<void> {
    this.camera?.stop()
    this.camera = track
    await this.#media?.camera(track)
    await this.#offer()
  }

  /** Pictures are shown in another size: slot → pixels high. */
  resize(heights: Record<string, number>): void {
    const rows = Object.entries(heights).map(([mid, height]) => ({ mid, height: Math.round(height) }))
    for (const { mid, height } of rows) this.#sizes.set(this.shown.get(mid) ?? '', height)
    if (rows.length && this.phase === 'in') void this.#ask('call.layers', { heights: rows })
  }

  /** The connection to the server is back: what was told meanwhile is not known, so look again. */
  async resumed(): Promise<void> {
    if (this.phase !== 'in') return
    const state = await this.#channel.ask('call.state', { chat: this.#chat })
    if (!state.ok) return
    const inside = state.value.call?.people.some((person) => person.participant === this.participant)
    if (state.value.call?.id !== this.call) this.#end()
    else if (!inside) await this.#again()
    else this.people = state.value.call.people
  }

  async leave(): Promise<void> {
    const inside = this.participant !== '' && !this.#gone
    this.#end()
    if (inside) await this.#ask('call.leave', {})
  }

  #end(): void {
    this.#gone = true
    this.phase = 'ended'
    this.#off()
    this.#drop()
    this.microphone?.stop()
    this.camera?.stop()
  }

  #refuse(error: CoreError): void {
    this.error = error
    this.phase = 'refused'
  }

  #drop(): void {
    this.#media?.close()
    this.#media = undefined
    this.shown.clear()
    this.playing.clear()
  }

  /** Ask until it is answered for good: a line that is not there yet comes, a worker that is away comes back. */
  async #insist<T>(ask: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const life = this.#life
    let wait = AGAIN_MS
    for (;;) {
      const answer = await ask()
      if (answer.ok || !answer.error.retryable || this.#gone || life !== this.#life) return answer
      await new Promise((again) => setTimeout(again, wait))
      wait = Math.min(AGAIN_MOST_MS, wait * 1.5)
    }
  }

  async #connect(): Promise<void> {
    const life = (this.#life += 1)
    this.#drop()
    const joined = await this.#insist(() => this.#channel.ask('call.join', { call: this.call, participant: this.participant || null }))
    if (this.#gone && joined.ok) void this.#channel.ask('call.leave', { call: this.call, participant: joined.value.participant })
    if (life !== this.#life || this.#gone) return
    if (!joined.ok) return joined.error.code === 'call_unknown' ? this.#end() : this.#refuse(joined.error)
    const { call, participant, offer, tracks } = joined.value
    this.participant = participant
    this.people = call.people
    this.tracks = tracks
    await this.#begin(offer, life)
  }

  async #begin(offer: string, life: number): Promise<void> {
    const media = new CallMedia(
      (mid, track) => this.playing.set(mid, track),
      () => life === this.#life && void this.#again(),
    )
    this.#media = media
    const sdp = await media.receive(offer).catch((error: unknown) => {
      if (life === this.#life) throw error
    })
    if (life !== this.#life || !sdp) return
    await this.#ask('call.answer', { sdp })
    this.phase = 'in'
    if (this.microphone) await media.microphone(this.microphone)
    if (this.camera) await media.camera(this.camera)
    await this.#offer()
    this.#see()
  }

  async #again(): Promise<void> {
    if (this.#gone) return
    this.phase = 'again'
    await this.#connect()
  }

  /** Offers go one after the other: two at once would cross. */
  #offer(): Promise<void> {
    return this.#next(async (media) => {
      const mine = await media.offer()
      if (!mine) return
      const answered = await this.#ask('call.offer', mine)
      if (answered.ok && media === this.#media) await media.answered(answered.value.sdp)
    })
  }

  /** In turn. What fails since its media was closed meanwhile is nobody's loss, and no failure may stop those behind it. */
  #next(task: (media: CallMedia) => Promise<void>): Promise<void> {
    this.#asking = this.#asking.then(async () => {
      const media = this.#media
      if (!media) return
      await task(media).catch((error: unknown) => {
        if (media === this.#media) console.error(error)
      })
    })
    return this.#asking
  }

  /** Ask for every picture that there is; pages of a grid come with the call's own screens. */
  #see(): void {
    void this.#next(async (media) => {
      const wanted = this.tracks
        .filter((track) => track.participant !== this.participant && track.name !== 'microphone')
        .slice(0, 18)
        .map((track) => ({ track: track.id, height: this.#sizes.get(track.id) ?? HEIGHT }))
      const placed = await this.#ask('call.slots', { wanted })
      if (!placed.ok || media !== this.#media) return
      if (placed.value.offer) await this.#ask('call.answer', { sdp: await media.receive(placed.value.offer) })
      for (const { mid, track } of placed.value.slots) this.#fill(mid, track)
    })
  }

  #fill(mid: string, track: string | null): void {
    if (track) this.shown.set(mid, track)
    else this.shown.delete(mid)
  }

  /** A command about this participant. */
  #ask<K extends Own>(name: K, more: Omit<Commands[K]['input'], 'call' | 'participant'>) {
    return this.#channel.ask(name, { call: this.call, participant: this.participant, ...more } as Commands[K]['input'])
  }

  #heard(event: CallAnyEvent): void {
    if (event.call !== this.call) return
    if ('participant' in event && event.participant !== this.participant) return
    if (event.kind === 'call.people_changed') this.people = event.people
    else if (event.kind === 'call.tracks_changed') {
      this.tracks = event.tracks
      if (this.phase === 'in') this.#see()
    } else if (event.kind === 'call.speakers_changed') this.speakers = event.speakers
    else if (event.kind === 'call.rung_changed') this.rung = event.rung
    else if (event.kind === 'call.slots_changed') for (const { mid, track } of event.slots) this.#fill(mid, track)
    else if (event.kind === 'call.layers_wanted') void this.#media?.activate(event.mid, event.active).catch(() => undefined) // closed meanwhile
    else if (event.kind === 'call.media_lost') void this.#again()
    else if (event.kind === 'call.ended') this.#end()
  }
}
