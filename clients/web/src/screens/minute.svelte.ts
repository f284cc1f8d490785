/** Now, renewed every half minute: for «Сегодня», «Вчера» and the times in lists. */

class Minute {
  now = $state(Date.now())
}

export const minute = new Minute()

setInterval(() => (minute.now = Date.now()), 30_000)
