/** The soft sound of a new message, a fifth of a second, made here: nothing is loaded for it. */

const LENGTH_S = 0.2
/** A4 and the fifth above it: two soft steps up. */
const NOTES_HZ = [440, 660]
const LOUDNESS = 0.06
/** A burst of messages is one sound. */
const APART_MS = 1_500

let context: AudioContext | undefined
let chimedAt = -APART_MS

/** Silent where the browser wants a press first, or has no sound. */
export function chime(): void {
  if (performance.now() - chimedAt < APART_MS || typeof AudioContext === 'undefined') return
  chimedAt = performance.now()
  context ??= new AudioContext()
  if (context.state === 'suspended') void context.resume().catch(() => undefined)
  const step = LENGTH_S / NOTES_HZ.length
  for (const [index, hz] of NOTES_HZ.entries()) {
    const at = context.currentTime + index * step
    const tone = new OscillatorNode(context, { frequency: hz })
    const volume = new GainNode(context, { gain: 0 })
    volume.gain.setValueAtTime(0, at)
    volume.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.001, at + step)
    tone.connect(volume).connect(context.destination)
    tone.start(at)
    tone.stop(at + step)
  }
}
