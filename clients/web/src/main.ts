/** The entry: puts the application into the page, and lets the browser keep its shell. Holds nothing else. */
import { mount } from 'svelte'
import App from './App.svelte'

const target = document.getElementById('app')
if (!target) throw new Error('index.html has no #app')
mount(App, { target })

if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  // After the page is drawn: the shell is not needed for this visit. Plain http refuses it, and nothing is lost.
  addEventListener('load', () => void navigator.serviceWorker.register('/sw.js').catch(() => undefined))
}
