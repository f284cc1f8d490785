import { describe, expect, test, vi } from 'vitest'
import { askAgain } from '../src/core/again'
import type { Outcome } from '../src/core/api'
import { Connection } from '../src/core/connection'
import { failure, lost, type Ask } from '../src/core/link'

type Answer = Outcome<unknown>
const done: Answer = { ok: true, value: {} }

function asking(answers: Answer[], connected = async () => true) {
  const asked: unknown[] = []
  const ask = (async (_name: string, input: unknown) => {
    asked.push(input)
    return answers.shift() ?? done
  }) as unknown as Ask
  const edit = () => askAgain(ask, connected)('message.edit', { chat: 'c', nonce: 'n-1', target: 3, text: 'т' })
  return { asked, edit }
}

describe('a command whose answer was lost', () => {
  test('is asked again under the same nonce (E-1)', async () => {
    const { asked, edit } = asking([lost('offline'), lost('timeout'), done])
    expect(await edit()).toBe(done)
    expect(asked).toHaveLength(3)
    expect(new Set(asked.map((one) => JSON.stringify(one))).size).toBe(1)
  })

  test('is given up after three tries, or when the connection stays away', async () => {
    const thrice = asking([lost('timeout'), lost('timeout'), lost('timeout'), done])
    expect(await thrice.edit()).toMatchObject({ ok: false, error: { code: 'timeout' } })
    const away = asking([lost('offline'), done], async () => false)
    expect(await away.edit()).toMatchObject({ ok: false, error: { code: 'offline' } })
    expect([thrice.asked.length, away.asked.length]).toEqual([3, 1])
  })

  test('is another thing than one that never went out, or was refused', async () => {
    const never = asking([failure('offline')])
    expect((await never.edit()).ok).toBe(false)
    const refused = asking([failure('edit_too_late')])
    expect((await refused.edit()).ok).toBe(false)
    expect([never.asked.length, refused.asked.length]).toEqual([1, 1])
  })
})

test('the connection says when it is settled, or that it is not', async () => {
  vi.useFakeTimers()
  const connection = new Connection(() => undefined)
  const soon = connection.settled(1_000)
  connection.to('syncing')
  connection.to('online')
  expect(await soon).toBe(true)
  connection.lost()
  const never = connection.settled(1_000)
  vi.advanceTimersByTime(1_000)
  expect(await never).toBe(false)
  vi.useRealTimers()
})
