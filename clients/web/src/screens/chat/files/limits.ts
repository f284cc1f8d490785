/** What may be attached; told before a byte is sent. The server's config decides (`[files]`, `[chat]`). Pure. */

/** D7: 4 GiB. */
export const FILE_BYTES_MAX = 4_294_967_296
export const MESSAGE_FILES_MAX = 10

type Sized = { size: number }

/** Of the files that were chosen: those that go, those too big, and whether some were too many. */
export function admit<F extends Sized>(chosen: readonly F[], present: number): { fit: F[]; tooBig: F[]; tooMany: boolean } {
  const small = chosen.filter((file) => file.size <= FILE_BYTES_MAX)
  const fit = small.slice(0, Math.max(0, MESSAGE_FILES_MAX - present))
  return { fit, tooBig: chosen.filter((file) => file.size > FILE_BYTES_MAX), tooMany: fit.length < small.length }
}
