/** The browser's offer to install the page as an application (D13). It comes once, soon after the load, and is kept. */

interface InstallEvent extends Event {
  prompt(): Promise<unknown>
}

class Install {
  offer = $state.raw<InstallEvent | null>(null)
}

export const install = new Install()

export function watchInstall(): void {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault() // no strip of the browser's own: Home offers it
    install.offer = event as InstallEvent
  })
  addEventListener('appinstalled', () => (install.offer = null))
}

/** Ask the browser to install. Its offer serves once. */
export async function installNow(): Promise<void> {
  const { offer } = install
  install.offer = null
  await offer?.prompt()
}
