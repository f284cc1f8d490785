/** Which picture is looked at, and the others of the conversation beside it. */
import type { Attachment, MessageItem } from '../../../core/api'

export type ChatPicture = { seq: number; file: Attachment }

class Viewing {
  /** Id of the file; '' while none is. */
  id = $state('')
}

export const viewing = new Viewing()

/** The pictures of what is loaded, in the order of the chat. */
export function picturesOf(messages: readonly MessageItem[]): ChatPicture[] {
  return messages
    .filter((item) => item.state === 'sent' && !item.deleted)
    .flatMap((item) => item.files.filter((file) => file.kind === 'picture' && file.preview).map((file) => ({ seq: item.seq, file })))
}
