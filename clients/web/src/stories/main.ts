/**
 * A page for those who build the client: every component in every state, `?lang=en&theme=dark`. `npm run stories` builds
 * it into `.stories`; it is no part of the product's build.
 */
import { mount } from 'svelte'
import { setLang } from '../i18n/index.svelte'
import { applyPrefs, setPrefs } from '../screens/prefs.svelte'
import '../styles/fonts.css'
import '../styles/tokens.css'
import '../styles/base.css'
import '../styles/type.css'
import '../styles/motion.css'
import Stories from './Stories.svelte'

const wanted = new URLSearchParams(location.search)
setPrefs({ theme: wanted.get('theme') === 'dark' ? 'dark' : 'light' })
applyPrefs()
await setLang(wanted.get('lang') === 'en' ? 'en' : 'ru')
const target = document.getElementById('app')
if (!target) throw new Error('stories.html has no #app')
mount(Stories, { target })
