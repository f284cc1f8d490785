/** The entry: puts the application into the page, and lets the browser keep its shell. Holds nothing else. */
import { mount } from 'svelte'
import App from './App.svelte'
import { watchBuild } from './screens/build.svelte'

const target = document.getElementById('app')
if (!target) throw new Error('index.html has no #app')
mount(App, { target })

// After the page is drawn: the shell is not needed for this visit.
addEventListener('load', () => void watchBuild())
