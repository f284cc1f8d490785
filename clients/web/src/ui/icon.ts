/** An icon component of @lucide/svelte, imported one by one: its barrel would pull thousands of modules into the build. */
import type X from '@lucide/svelte/icons/x'

export type Icon = typeof X
