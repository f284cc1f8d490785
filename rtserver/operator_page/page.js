/**
 * The operator's page on the loopback address: requests to register a school, approved or refused (R-52, S29 «Школы»).
 * It needs no build and nothing of the web client; what it says comes from the JSON addresses beside it.
 */
const WORDS = {
  ru: {
    title: 'Заявки школ',
    codes: 'Коды входа',
    ready: 'Готовность',
    metrics: 'Метрики',
    show: 'Показать',
    waiting: 'Ждут решения',
    approved: 'Одобренные',
    refused: 'Отказы',
    approve: 'Одобрить',
    refuse: 'Отказать',
    cancel: 'Отмена',
    reason: 'Причина отказа, её увидит заявитель',
    empty: 'Заявок нет',
    done_approved: 'Школа зарегистрирована: {name}. Заявитель стал её администратором',
    done_refused: 'Отказано: {name}',
    place: 'Населённый пункт',
    school_number: 'Номер школы',
    applicant_name: 'Заявитель',
    position: 'Должность',
    contact: 'Связь',
    created: 'Подана',
    why: 'Причина отказа',
    offline: 'Сервер не отвечает. Обновите страницу',
    other: 'English',
  },
  en: {
    title: 'School requests',
    codes: 'Log-in codes',
    ready: 'Readiness',
    metrics: 'Metrics',
    show: 'Show',
    waiting: 'Waiting',
    approved: 'Approved',
    refused: 'Refused',
    approve: 'Approve',
    refuse: 'Refuse',
    cancel: 'Cancel',
    reason: 'Reason, shown to the applicant',
    empty: 'No requests',
    done_approved: 'The school is registered: {name}. The applicant administers it now',
    done_refused: 'Refused: {name}',
    place: 'Place',
    school_number: 'School number',
    applicant_name: 'Applicant',
    position: 'Position',
    contact: 'Contact',
    created: 'Asked',
    why: 'Reason of the refusal',
    offline: 'The server does not answer. Reload the page',
    other: 'Русский',
  },
}
const FIELDS = ['place', 'school_number', 'applicant_name', 'position', 'contact']
/** New requests come seldom; the page may stand open all day. */
const EVERY_MS = 30_000

let language = navigator.language.startsWith('ru') ? 'ru' : 'en'
const byId = (id) => document.getElementById(id)
const say = (word, name = '') => WORDS[language][word].replace('{name}', name)
const chosen = () => document.querySelector('[name=status]:checked').value

function translate(root = document) {
  for (const element of root.querySelectorAll('[data-word]')) element.textContent = say(element.dataset.word)
}

/** The answer, or the refusal's words in the page's language. */
async function ask(path, body) {
  try {
    const options = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const response = await fetch(`/api/admin/school-requests${path}`, options)
    const answer = await response.json()
    if (response.ok) return { answer }
    return { refusal: language === 'ru' ? answer.error.message : answer.error.message_en }
  } catch {
    return { refusal: say('offline') }
  }
}

/** `also` false: somebody is writing a reason, and the list must not be drawn under their hands. */
async function load(also = true) {
  const status = chosen()
  const { answer, refusal } = await ask(`?status=${status}`)
  if (status !== chosen() || (!also && document.querySelector('li form:not([hidden])'))) return
  if (refusal) return void (byId('said').textContent = refusal)
  byId('requests').replaceChildren(...answer.requests.map(draw))
  if (answer.requests.length === 0 && !byId('said').textContent) byId('said').textContent = say('empty')
}

function draw(request) {
  const row = byId('request').content.cloneNode(true).querySelector('li')
  translate(row)
  row.dataset.number = request.number
  row.querySelector('.number').textContent = `№${request.number}`
  row.querySelector('h2').textContent = request.name
  const facts = FIELDS.map((field) => [field, request[field]])
  facts.push(['created', new Date(request.created).toLocaleString(language === 'ru' ? 'ru-RU' : 'en-GB')], ['why', request.reason])
  for (const [field, value] of facts) if (value) row.querySelector('dl').append(part('dt', say(field)), part('dd', value))
  const [buttons] = row.querySelectorAll('.buttons')
  const form = row.querySelector('form')
  buttons.hidden = request.status !== 'waiting'
  row.querySelector('.approve').onclick = () => decide(request, 'approve', {})
  row.querySelector('.refuse').onclick = () => {
    buttons.hidden = true
    form.hidden = false
    form.reason.focus()
  }
  row.querySelector('.cancel').onclick = () => {
    buttons.hidden = false
    form.hidden = true
    row.querySelector('.refuse').focus()
  }
  form.onsubmit = (event) => {
    event.preventDefault()
    decide(request, 'refuse', { reason: form.reason.value })
  }
  return row
}

function part(name, text) {
  const element = document.createElement(name)
  element.textContent = text
  return element
}

async function decide(request, what, body) {
  const { refusal } = await ask(`/${request.number}/${what}`, body)
  byId('said').textContent = refusal ?? say(what === 'approve' ? 'done_approved' : 'done_refused', request.name)
  await load()
}

function speak(to) {
  language = to
  document.documentElement.lang = to
  document.title = say('title')
  byId('language').textContent = say('other')
  byId('said').textContent = ''
  translate()
  void load()
}

byId('language').onclick = () => speak(language === 'ru' ? 'en' : 'ru')
byId('filter').onchange = () => {
  byId('said').textContent = ''
  void load()
}
setInterval(() => void load(false), EVERY_MS)
speak(language)
