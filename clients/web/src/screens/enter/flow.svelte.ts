/** Where registration or log-in stands, as the server says it; the screens show it and give the next answer. */
import { tick } from 'svelte'
import { api, type Api, type Operation } from '../../core/http'
import type { CoreError, Outcome } from '../../core/api'
import { lang } from '../../i18n/index.svelte'
import type { AuthOptions, Flow, FlowBegin, NextStep } from '../../wire.gen'
import { go, router } from '../router.svelte'
import { REMEMBER_PATH, taken } from './memory'
import { enterPlaceOf, pathOfFlow, pathOfStep } from './ways'

type FlowOperation = { [Name in Operation]: Api[Name]['answer'] extends Flow ? Name : never }[Operation]

class Entering {
  flow = $state.raw<Flow | null>(null)
  options = $state.raw<AuthOptions | null>(null)
  busy = $state(false)
  error = $state.raw<CoreError | null>(null)
  /** When `flow` was answered, by this device's clock: countdowns run from it. */
  answered = $state(0)
}

export const entering = new Entering()

/** The text of a refusal in the page's language. */
export function errorWords(error: CoreError): string {
  return lang() === 'ru' ? error.message : error.message_en
}

export async function loadOptions(): Promise<void> {
  const answer = await api('GET /api/auth/options')
  if (answer.ok) entering.options = answer.value
}

/** One answer of the person. Goes to the next screen by itself; a refusal stays beside the form. */
export async function take<Name extends FlowOperation>(name: Name, input?: Api[Name]['input']): Promise<boolean> {
  if (entering.busy) return false
  entering.busy = true
  entering.error = null
  const answer = (await api(name, { input })) as Outcome<Flow>
  entering.busy = false
  if (!answer.ok) {
    await refused(answer.error)
    return false
  }
  show(answer.value)
  if (answer.value.state === 'signed_in') await goOn()
  else go(pathOfFlow(answer.value))
  return true
}

/** Some refusals change where the flow stands: ask, so that no screen waits for what cannot come. */
async function refused(error: CoreError): Promise<void> {
  if (error.code === 'documents_changed') await loadOptions()
  if (['flow_step', 'flow_unknown', 'code_wrong', 'code_dead', 'code_expired'].includes(error.code)) await resume()
  const standing = await api('GET /api/auth/flow')
  if (standing.ok && standing.value.state !== 'signed_in') {
    show(standing.value)
    const path = pathOfFlow(standing.value)
    if (path !== router.path && enterPlaceOf(router.path)) go(path, 'replace')
  }
  await tick() // a screen that was changed for it has begun without errors by now
  entering.error = error
}

function show(flow: Flow): void {
  entering.flow = flow
  entering.answered = Date.now()
}

/** Begin to log in, or to register by a link. Gives the flow, or null with `entering.error` set. */
export async function begin(input: FlowBegin): Promise<Flow | null> {
  const answer = await api('POST /api/auth/flow', { input: { language: lang(), ...input } })
  if (answer.ok) show(answer.value)
  else entering.error = answer.error
  return answer.ok ? answer.value : null
}

/** The flow of this browser after a reload; false when there is none. */
export async function resume(): Promise<boolean> {
  const answer = await api('GET /api/auth/flow')
  if (answer.ok) show(answer.value)
  else if (answer.error.code === 'flow_unknown') entering.flow = null
  return answer.ok
}

/** Logged in: to the screen that comes next, by itself. */
export async function goOn(known?: NextStep): Promise<void> {
  const answer = known ? { ok: true as const, value: known } : await api('GET /api/auth/next')
  if (!answer.ok) {
    entering.error = answer.error
    return
  }
  const path = pathOfStep(answer.value)
  // an approval of a computer that waits (S03) comes before every other step: it takes one press
  const asks = sessionStorage.getItem(REMEMBER_PATH)?.startsWith('/qr/')
  const kept = asks || ['home', 'apply'].includes(answer.value.step) ? taken(REMEMBER_PATH) : ''
  if (path === '/home' || kept) openApp(kept || path)
  else go(path, 'replace')
}

/** Into the application by a whole load of the page: its core starts clean for this account. */
export function openApp(path: string): void {
  location.replace(path.startsWith('/') && !path.startsWith('//') ? path : '/home')
}
