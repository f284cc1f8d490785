// A stock tus-js-client: node tus.js ENDPOINT TOKEN FILE OPTIONS; prints one JSON line at its end.
// OPTIONS: chunkSize, parallelUploads, uploadLengthDeferred, overridePatchMethod, storage (file of stored addresses),
// stopAfter (bytes after which it aborts and leaves), pauseAfter (bytes after which it aborts and goes on).
const fs = require('fs')
const { PassThrough } = require('stream')
const tus = require('tus-js-client')

const [endpoint, token, path, raw] = process.argv.slice(2)
const { storage, stopAfter, pauseAfter, ...options } = JSON.parse(raw)
const offsets = []
let stopped = false

function say(what) {
  fs.writeSync(1, JSON.stringify({ url: upload.url, offsets, ...what }) + '\n')
  process.exit(0)
}

const file = fs.createReadStream(path)
// a stream that has no path: of a file, 4.3 announces a last piece of full size whatever is left of it
const source = options.uploadLengthDeferred ? file.pipe(new PassThrough()) : file
const upload = new tus.Upload(source, {
  endpoint,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: 'задание.bin' },
  retryDelays: [100, 200, 400, 800, 1600, 3200],
  ...(storage ? { urlStorage: new tus.FileUrlStorage(storage), fingerprint: async () => `tus-${path}` } : {}),
  storeFingerprintForResuming: Boolean(storage),
  ...options,
  onShouldRetry: () => true,
  onChunkComplete: (_, accepted) => offsets.push(accepted),
  onError: (error) => say({ error: String(error) }),
  onSuccess: () => say({ done: true }),
  onProgress: async (sent) => {
    const limit = stopAfter ?? pauseAfter
    if (stopped || limit === undefined || sent < limit) return
    stopped = true
    await upload.abort()
    if (stopAfter !== undefined) say({ stopped: true })
    upload.start()
  },
})

async function main() {
  if (storage) {
    const previous = await upload.findPreviousUploads()
    if (previous.length) upload.resumeFromPreviousUpload(previous[0])
  }
  upload.start()
}
main()
