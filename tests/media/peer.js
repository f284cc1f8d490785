// A participant without a user interface: what a page does with the SFU's two connections, for the tests.
class Peer {
  constructor() {
    this.sending = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
    this.receiving = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
    this.streams = {}
    this.receiving.ontrack = ({ track, transceiver }) => { this.streams[transceiver.mid] = track }
  }
  // Chromium cuts layers by the camera's size, the full one first: choose the encodings from what it gives
  encodings(height) {
    const all = [['q', 4, 150_000], ['h', 2, 500_000], ['f', 1, 1_700_000]]
    const from = height >= 540 ? 0 : height >= 270 ? 1 : 2
    return all.slice(from).map(([rid, scaleResolutionDownBy, maxBitrate]) => ({ rid, scaleResolutionDownBy, maxBitrate }))
  }
  async offer({ width, height, codec = 'VP8', video = true, frameRate = 30 }) {
    const media = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      video: video && { width: { exact: width }, height: { exact: height }, frameRate },
    })
    const names = {}, heights = {}
    const [audio] = media.getAudioTracks()
    const voice = this.sending.addTransceiver(audio, { direction: 'sendonly', streams: [media] })
    let camera
    if (video) {
      const [track] = media.getVideoTracks()
      const encodings = this.encodings(track.getSettings().height)
      camera = this.sending.addTransceiver(track, {
        direction: 'sendonly', streams: [media],
        sendEncodings: encodings.length > 1 ? encodings : [{ maxBitrate: encodings[0].maxBitrate }],
      })
      const codecs = RTCRtpSender.getCapabilities('video').codecs
      const first = codecs.filter((c) => c.mimeType === `video/${codec}` && (codec !== 'H264' || /packetization-mode=1.*42e01f/.test(c.sdpFmtpLine)))
      camera.setCodecPreferences([...first, ...codecs.filter((c) => !first.includes(c))])
      this.camera = camera
      this.heights = encodings.map((e) => Math.floor(track.getSettings().height / e.scaleResolutionDownBy))
    }
    await this.sending.setLocalDescription()
    names[voice.mid] = 'microphone'
    if (camera) { names[camera.mid] = 'camera'; heights[camera.mid] = this.heights }
    return { sdp: this.sending.localDescription.sdp, names, heights }
  }
  async answered(sdp) { await this.sending.setRemoteDescription({ type: 'answer', sdp }) }
  async receive(sdp) {
    await this.receiving.setRemoteDescription({ type: 'offer', sdp })
    await this.receiving.setLocalDescription()
    return this.receiving.localDescription.sdp
  }
  async activate(active) {
    const parameters = this.camera.sender.getParameters()
    for (const encoding of parameters.encodings) encoding.active = active.includes(encoding.rid ?? '')
    await this.camera.sender.setParameters(parameters)
  }
  attach(mid) {
    const element = document.createElement(mid.startsWith('v') || mid.startsWith('s') ? 'video' : 'audio')
    element.autoplay = element.playsInline = true
    element.srcObject = new MediaStream([this.streams[mid]])
    document.body.append(element)
  }
  async inbound() {
    const by = {}
    for (const r of (await this.receiving.getStats()).values()) {
      if (r.type === 'inbound-rtp') by[r.mid] = {
        frames: r.framesDecoded ?? 0, height: r.frameHeight ?? 0, freezes: r.freezeCount ?? 0,
        frozen: r.totalFreezesDuration ?? 0, keys: r.keyFramesDecoded ?? 0, lost: r.packetsLost, packets: r.packetsReceived,
        samples: r.totalSamplesReceived ?? 0, concealed: (r.concealedSamples ?? 0) - (r.silentConcealedSamples ?? 0),
        level: r.audioLevel ?? 0, energy: r.totalAudioEnergy ?? 0, codec: r.codecId, nacks: r.nackCount, plis: r.pliCount,
      }
    }
    return by
  }
  async outbound() {
    const rows = []
    for (const r of (await this.sending.getStats()).values()) {
      if (r.type === 'outbound-rtp') rows.push({ kind: r.kind, rid: r.rid ?? '', frames: r.framesEncoded ?? 0, height: r.frameHeight ?? 0, active: r.active, packets: r.packetsSent, limit: r.qualityLimitationReason ?? '', target: r.targetBitrate ?? 0 })
    }
    return rows
  }
  states() { return [this.sending.connectionState, this.receiving.connectionState] }
  close() { this.sending.close(); this.receiving.close() }
}
window.peer = new Peer()
