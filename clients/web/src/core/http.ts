/** The JSON API over `fetch`: same origin, cookies of the browser, refusals as values. Knows no screen and no socket. */
import type { CoreError, Outcome } from './api'
import type * as w from '../wire.gen'

/** Every operation that the screens ask for: what it takes and what it answers. */
export interface Api {
  'GET /api/me': { input: undefined; answer: w.Me }
  'POST /api/logout': { input: undefined; answer: w.Ok }
  'GET /api/auth/options': { input: undefined; answer: w.AuthOptions }
  'GET /api/auth/documents/{document}/{language}': { input: undefined; answer: w.DocumentText }
  'GET /api/auth/flow': { input: undefined; answer: w.Flow }
  'DELETE /api/auth/flow': { input: undefined; answer: w.Ok }
  'POST /api/auth/flow': { input: w.FlowBegin; answer: w.Flow }
  'POST /api/auth/flow/contact': { input: w.FlowContact; answer: w.Flow }
  'POST /api/auth/flow/change': { input: undefined; answer: w.Flow }
  'POST /api/auth/flow/resend': { input: w.FlowResend; answer: w.Flow }
  'POST /api/auth/flow/code': { input: w.FlowCode; answer: w.Flow }
  'POST /api/auth/flow/password': { input: w.FlowPassword; answer: w.Flow }
  'POST /api/auth/flow/forgot': { input: undefined; answer: w.Flow }
  'POST /api/auth/flow/new-password': { input: w.FlowPassword; answer: w.Flow }
  'POST /api/auth/flow/not-me': { input: undefined; answer: w.Flow }
  'POST /api/auth/flow/other': { input: w.FlowOther; answer: w.Flow }
  'POST /api/auth/flow/profile': { input: w.FlowProfile; answer: w.Flow }
  'POST /api/auth/flow/external': { input: undefined; answer: w.ExternalBegun }
  'GET /api/auth/next': { input: undefined; answer: w.NextStep }
  'POST /api/auth/qr': { input: undefined; answer: w.QrMade }
  'GET /api/auth/qr': { input: undefined; answer: w.QrState }
  'POST /api/auth/qr/finish': { input: undefined; answer: w.Flow }
  'POST /api/auth/qr/look': { input: w.QrToken; answer: w.QrAsked }
  'POST /api/auth/qr/answer': { input: w.QrAnswer; answer: w.Ok }
  'POST /api/auth/invitation': { input: w.InvitationAnswer; answer: w.NextStep }
  'GET /api/invites/{token}': { input: undefined; answer: w.InviteCheck }
  'GET /api/applications': { input: undefined; answer: w.Applications }
  'POST /api/applications': { input: w.ApplicationMake; answer: w.Application }
  'POST /api/applications/{application}/withdraw': { input: undefined; answer: w.Ok }
  'GET /api/countries': { input: undefined; answer: w.Countries }
  'GET /api/localities': { input: undefined; answer: w.Localities }
  'GET /api/localities/{locality}/schools': { input: undefined; answer: w.SchoolList }
  'GET /api/schools/{school}/classes': { input: undefined; answer: w.ClassChips }
  'GET /api/school-requests': { input: undefined; answer: w.SchoolRequests }
  'POST /api/school-requests': { input: w.SchoolRequestMake; answer: w.SchoolRequest }
  'GET /api/hold': { input: undefined; answer: w.Hold }
  'GET /api/family': { input: undefined; answer: w.Family }
  'POST /api/family/link': { input: undefined; answer: w.ParentLink }
  'GET /api/parent-links/{token}': { input: undefined; answer: w.ParentLinkCheck }
  'GET /api/parent-links/{token}/child': { input: undefined; answer: w.ChildData }
  'POST /api/parent-links/{token}/confirm': { input: w.ChildConfirm; answer: w.ChildCard }
  'GET /api/desks': { input: undefined; answer: w.Desks }
  'GET /api/schools/{school}/applications': { input: undefined; answer: w.DeskApplications }
  'POST /api/schools/{school}/applications': { input: w.ApplicationsDecide; answer: w.Decisions }
  'GET /api/schools/{school}/invites': { input: undefined; answer: w.Invites }
  'POST /api/schools/{school}/invites': { input: w.InviteMake; answer: w.Invite }
  'POST /api/schools/{school}/invites/{invite}/revoke': { input: undefined; answer: w.Ok }
  'POST /api/schools/{school}/invites/{invite}/renew': { input: undefined; answer: w.Invite }
  'POST /api/schools/{school}/applications/{application}/class': { input: w.ApplicationMove; answer: w.Ok }
  'POST /api/schools/{school}': { input: w.SchoolUpdate; answer: w.Desk }
  'GET /api/schools/{school}/journal': { input: undefined; answer: w.Journal }
  'GET /api/schools/{school}/members': { input: undefined; answer: w.SchoolMembers }
  'POST /api/schools/{school}/members/{account}/roles': { input: w.RoleGrant; answer: w.RoleGranted }
  'POST /api/schools/{school}/members/{account}/move': { input: w.MemberMove; answer: w.Ok }
  'POST /api/schools/{school}/members/{account}/remove': { input: undefined; answer: w.Ok }
  'POST /api/schools/{school}/members/{account}/data': { input: w.ChildEdit; answer: w.Ok }
  'POST /api/schools/{school}/members/{account}/parents/{parent}/detach': { input: undefined; answer: w.Ok }
  'POST /api/schools/{school}/roles/{role}/revoke': { input: undefined; answer: w.Ok }
  'POST /api/schools/{school}/class-list': { input: w.ClassMake; answer: w.ClassChip }
  'POST /api/schools/{school}/class-list/{klass}': { input: w.ClassUpdate; answer: w.Ok }
  'POST /api/schools/{school}/roll-over': { input: w.RollOver; answer: w.RolledOver }
  'GET /api/home': { input: undefined; answer: w.Home }
  'GET /api/contacts': { input: undefined; answer: w.Contacts }
  'GET /api/profile': { input: undefined; answer: w.OwnProfile }
  'POST /api/profile': { input: w.ProfileEdit; answer: w.OwnProfile }
  'PUT /api/profile/avatar': { input: Blob; answer: w.Avatar }
  'DELETE /api/profile/avatar': { input: undefined; answer: w.Ok }
  'GET /api/people/{person}': { input: undefined; answer: w.PersonProfile }
  'GET /api/blocks': { input: undefined; answer: w.Blacklist }
  'POST /api/blocks/{person}': { input: undefined; answer: w.Ok }
  'POST /api/blocks/{person}/remove': { input: undefined; answer: w.Ok }
  'POST /api/family/link/renew': { input: undefined; answer: w.ParentLink }
  'GET /api/family/children/{child}': { input: undefined; answer: w.ChildData }
  'POST /api/family/children/{child}': { input: w.ChildEdit; answer: w.ChildCard }
  'POST /api/family/children/{child}/withdraw': { input: undefined; answer: w.ChildCard }
  'POST /api/family/children/{child}/consent': { input: w.ChildConfirm; answer: w.ChildCard }
  'GET /api/auth/security': { input: undefined; answer: w.Security }
  'GET /api/auth/sessions': { input: undefined; answer: w.SessionCards }
  'DELETE /api/auth/sessions/{session}': { input: undefined; answer: w.Ok }
  'POST /api/auth/sessions/end-others': { input: undefined; answer: w.Ok }
  'POST /api/auth/password': { input: w.PasswordChange; answer: w.Ok }
  'POST /api/auth/contacts': { input: w.ContactAdd; answer: w.Security }
  'POST /api/auth/contacts/confirm': { input: w.FlowCode; answer: w.Security }
  'DELETE /api/auth/contacts/{contact}': { input: undefined; answer: w.Security }
  'POST /api/auth/claims/{claim}': { input: w.ClaimAnswer; answer: w.Ok }
  'GET /api/auth/my-data': { input: undefined; answer: w.OwnData }
  'POST /api/auth/close': { input: w.AccountClose; answer: w.Ok }
  'GET /api/schools/{school}/class-list': { input: undefined; answer: w.SchoolClasses }
}
export type Operation = keyof Api

interface Parts<Name extends Operation> {
  /** Values of the `{…}` in the path. */
  path?: Record<string, string>
  query?: Record<string, string>
  input?: Api[Name]['input']
  /** For questions that the server holds open until something happens. */
  patienceMs?: number
}

/** Longer than any answer takes; after it the person is told instead of waiting on. */
const PATIENCE_MS = 15_000
/** A file goes at the pace of the network: 10 MB in it take 700 kbit/s. */
const FILE_PATIENCE_MS = 120_000

/** Ask. Never throws: a refusal of the server, `offline` when it cannot be reached, `timeout` when it is silent. */
export async function api<Name extends Operation>(name: Name, parts: Parts<Name> = {}): Promise<Outcome<Api[Name]['answer']>> {
  const [method = 'GET', shape = ''] = name.split(' ')
  const path = shape.replace(/\{(\w+)\}/g, (_, field: string) => encodeURIComponent(parts.path?.[field] ?? ''))
  const query = parts.query ? `?${new URLSearchParams(parts.query)}` : ''
  const request: RequestInit = { method, credentials: 'same-origin', headers: { accept: 'application/json' } }
  if (method === 'POST') {
    request.headers = { accept: 'application/json', 'content-type': 'application/json' }
    request.keepalive = true // what was decided is sent even as the page closes
    request.body = JSON.stringify(parts.input ?? {})
  }
  if (method === 'PUT') request.body = parts.input as Blob
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), parts.patienceMs ?? (method === 'PUT' ? FILE_PATIENCE_MS : PATIENCE_MS))
  try {
    const response = await fetch(path + query, { ...request, signal: patience.signal })
    const answer: unknown = await response.json()
    if (response.ok) return { ok: true, value: answer as Api[Name]['answer'] }
    return { ok: false, error: (answer as { error: CoreError }).error }
  } catch {
    return { ok: false, error: own(patience.signal.aborted ? 'timeout' : 'offline') }
  } finally {
    clearTimeout(timer)
  }
}

function own(code: 'offline' | 'timeout'): CoreError {
  return code === 'offline'
    ? { code, message: 'Нет сети. Проверьте соединение и повторите', message_en: 'No network. Check the connection and try again', retryable: true, mender: 'you' }
    : { code, message: 'Сервер не отвечает. Повторите', message_en: 'The server does not answer. Try again', retryable: true, mender: 'operator' }
}
