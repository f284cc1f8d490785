/** A photograph made small on this device: a phone's ten megabytes need not travel for a picture of 512 pixels. */

const SIDE_PX = 512
const QUALITY = 0.9

/** The middle square as JPEG; the file itself when this browser cannot read it, for the server to judge. */
export async function shrink(file: Blob): Promise<Blob> {
  try {
    const picture = await createImageBitmap(file)
    const side = Math.min(picture.width, picture.height)
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = Math.min(side, SIDE_PX)
    const context = canvas.getContext('2d')
    if (!context) return file
    context.fillStyle = '#fff' // JPEG has no transparency
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.imageSmoothingQuality = 'high'
    context.drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, canvas.width, canvas.height)
    picture.close()
    return (await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', QUALITY))) ?? file
  } catch {
    return file
  }
}
