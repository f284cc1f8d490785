/**
 * After Vite: holds the sizes against the budget (design §7), draws the icons, writes the service worker, packs every
 * file for the wire.
 * A build over its budget is no build.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawIcons } from './icons.mjs'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const ROOT = process.env.RT_STATIC ?? '../../rtserver/static'
const KB = 1024
/** Bytes after gzip; a row is [what, limit, files]. */
const manifest = JSON.parse(readFileSync(join(ROOT, '.vite/manifest.json'), 'utf-8'))

/** Everything that the chunk named by `key` needs before it runs. */
function needs(key, seen = new Set()) {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key]?.imports ?? []) needs(next, seen)
  return seen
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry)
const keysBySource = (part) => Object.keys(manifest).filter((key) => manifest[key].src?.includes(part))
const filesOf = (keys) => new Set([...keys].flatMap((key) => manifest[key]?.file ?? []))
const cssOf = (keys) => new Set([...keys].flatMap((key) => manifest[key]?.css ?? []))
const gzip = (file) => gzipSync(readFileSync(join(ROOT, file)), { level: 9 }).length
const sum = (files) => [...files].reduce((total, file) => total + gzip(file), 0)

const first = needs(entry)
const language = keysBySource('src/i18n/ru')[0]
if (language) needs(language, first)
/** Comes with the first file that is attached, the first picture that is opened. */
const LATER = ['src/screens/chat/files/tus.ts', 'src/screens/chat/files/Viewer.svelte']
const chats = new Set(first)
for (const key of keysBySource('src/screens/enter/Enter.svelte')) needs(key, first)
for (const part of ['src/screens/Inside.svelte', 'src/screens/SignedIn.svelte', 'src/screens/home/', 'src/screens/chat/', 'src/screens/list/']) {
  for (const key of keysBySource(part)) if (!LATER.some((one) => key.endsWith(one))) needs(key, chats)
}
const files = new Set()
for (const part of LATER) for (const key of keysBySource(part)) needs(key, files)
const call = new Set()
for (const key of keysBySource('src/screens/call/')) needs(key, call)
const budget = [
  ['JavaScript of log-in', 70 * KB, sum(filesOf(first))],
  ['JavaScript of Home and Messages', 150 * KB, sum(filesOf(chats))],
  ['JavaScript of the call beside them', 80 * KB, sum([...filesOf(call)].filter((file) => !filesOf(chats).has(file)))],
  ['JavaScript of uploads and the viewer beside them', 25 * KB, sum([...filesOf(files)].filter((file) => !filesOf(chats).has(file)))],
  ['CSS', 25 * KB, sum(cssOf(Object.keys(manifest)))],
]
let over = false
for (const [what, limit, size] of budget) {
  over ||= size > limit
  console.log(`${size > limit ? 'OVER  ' : 'within'} ${what}: ${(size / KB).toFixed(1)} of ${limit / KB} KB gzip`)
}
if (over) process.exit(1)
// `make bench-web` states them beside the times
writeFileSync(join(ROOT, '.vite/sizes.json'), JSON.stringify(budget.map(([what, limit, bytes]) => ({ what, limit, bytes }))))

await drawIcons('public/icon.svg', ROOT)

/** Regular files under ROOT, as URL paths without the leading slash. */
function walk(folder = '') {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((one) => {
    const path = folder ? `${folder}/${one.name}` : one.name
    if (one.isDirectory()) return one.name === '.vite' ? [] : walk(path)
    return [path]
  })
}

// The page's shell for starting without a network: scripts, styles, the fonts of both alphabets. No answers, no media.
const SHELL_MAX = 400 * KB
const FONTS = /-(latin|cyrillic)-wght-normal.*\.woff2$/
const shell = walk().filter((path) => /^assets\/.*\.(js|css)$/.test(path) || FONTS.test(path))
shell.push('index.html', 'manifest.webmanifest', 'icon.svg')
const weight = shell.reduce((total, path) => {
  return total + (/\.woff2$/.test(path) ? statSync(join(ROOT, path)).size : gzip(path))
}, 0)
console.log(`${weight > SHELL_MAX ? 'OVER  ' : 'within'} shell: ${(weight / KB).toFixed(1)} of ${SHELL_MAX / KB} KB packed`)
if (weight > SHELL_MAX) process.exit(1)
const urls = shell.map((path) => (path === 'index.html' ? '/' : `/${path}`)).sort()
const version = createHash('sha256')
for (const path of [...shell].sort()) version.update(path).update(readFileSync(join(ROOT, path)))
const worker = readFileSync('build/sw.js', 'utf-8')
  .replace("'SHELL'", JSON.stringify(urls))
  .replace("'VERSION'", JSON.stringify(version.digest('hex').slice(0, 16)))
writeFileSync(join(ROOT, 'sw.js'), worker)

const TEXT = /\.(js|css|html|svg|json|webmanifest)$/
const SMALL = 512 // packing costs more than it saves below this
for (const path of walk()) {
  const body = readFileSync(join(ROOT, path))
  if (!TEXT.test(path) || body.length < SMALL) continue
  const mode = { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT }
  writeFileSync(join(ROOT, `${path}.br`), brotliCompressSync(body, { params: mode }))
  writeFileSync(join(ROOT, `${path}.gz`), gzipSync(body, { level: 9 }))
}
