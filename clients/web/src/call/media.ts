/**
 * The two peer connections of one participant: one sends, one receives into slots. Asks nobody and shows nothing.
 *
 * Both are of one life: when either is lost, both are closed and a new pair is made.
 */

/** What this participant sends, in the words of the wire. */
export interface SentLine {
  mid: string
  name: 'microphone' | 'camera' | 'screen' | 'screen_sound'
  heights: number[]
}

interface Encoding {
  rid: string
  scaleResolutionDownBy: number
  maxBitrate: number
}

const LAYERS: Encoding[] = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
]

/** Chromium cuts layers silently by the camera's size, and it is the full one that goes: offer only what it will send. */
export function encodingsFor(height: number): Encoding[] {
  return LAYERS.slice(height >= 540 ? 0 : height >= 270 ? 1 : 2)
}

export class CallMedia {
  readonly sending = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
  readonly receiving = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
  /** Tracks of the receiving slots by mid. */
  readonly slots = new Map<string, MediaStreamTrack>()
  #names = new Map<RTCRtpTransceiver, { name: SentLine['name']; heights: number[] }>()
  #microphone: RTCRtpTransceiver | undefined
  #camera: RTCRtpTransceiver | undefined

  /** `lost` is called once, when a connection of this pair cannot go on. */
  constructor(onSlot: (mid: string, track: MediaStreamTrack) => void, lost: () => void) {
    this.receiving.ontrack = ({ track, transceiver }) => {
      if (transceiver.mid === null) return
      this.slots.set(transceiver.mid, track)
      onSlot(transceiver.mid, track)
    }
    for (const one of [this.sending, this.receiving]) {
      one.onconnectionstatechange = () => {
        if (one.connectionState === 'failed') lost()
      }
    }
  }

  /** The answer to the server's offer of slots. */
  async receive(offer: string): Promise<string> {
    await this.receiving.setRemoteDescription({ type: 'offer', sdp: offer })
    await this.receiving.setLocalDescription()
    return this.receiving.localDescription!.sdp
  }

  /** Send this track, or stop sending. A switched-off device sends nothing: its track is taken out, its line stays. */
  async microphone(track: MediaStreamTrack | null): Promise<void> {
    if (!this.#microphone) {
      if (!track) return
      this.#microphone = this.sending.addTransceiver(track, { direction: 'sendonly' })
      this.#names.set(this.#microphone, { name: 'microphone', heights: [] })
      return
    }
    await this.#microphone.sender.replaceTrack(track)
  }

  async camera(track: MediaStreamTrack | null): Promise<void> {
    if (!this.#camera) {
      if (!track) return
      const height = track.getSettings().height ?? 0
      const layers = encodingsFor(height)
      const single = layers.length === 1
      this.#camera = this.sending.addTransceiver(track, {
        direction: 'sendonly',
        sendEncodings: single ? [{ maxBitrate: layers[0]!.maxBitrate }] : layers,
      })
      const heights = layers.map((one) => Math.floor(height / one.scaleResolutionDownBy))
      this.#names.set(this.#camera, { name: 'camera', heights })
      return
    }
    await this.#camera.sender.replaceTrack(track)
  }

  /** The offer of everything that is sent. Null when there is nothing to send yet. */
  async offer(): Promise<{ sdp: string; lines: SentLine[] } | null> {
    if (!this.#names.size) return null
    await this.sending.setLocalDescription()
    const lines = [...this.#names].flatMap(([line, more]) => (line.mid === null ? [] : [{ mid: line.mid, ...more }]))
    return { sdp: this.sending.localDescription!.sdp, lines }
  }

  async answered(sdp: string): Promise<void> {
    await this.sending.setRemoteDescription({ type: 'answer', sdp })
  }

  /** Layers that nobody watches rest: a tenth of the processor's time, and the line's. */
  async activate(mid: string, active: string[]): Promise<void> {
    const sender = [...this.#names.keys()].find((line) => line.mid === mid)?.sender
    if (!sender) return
    const parameters = sender.getParameters()
    for (const encoding of parameters.encodings) encoding.active = active.includes(encoding.rid ?? '')
    if (parameters.encodings.length) await sender.setParameters(parameters)
  }

  close(): void {
    this.sending.close()
    this.receiving.close()
  }
}
