import { readFile } from 'node:fs'
import { setImmediate, setTimeout } from 'node:timers/promises'

/** Number of checks that {@link work} makes. */
export const checksOfWork = 6

/** What a handler does, as far as asynchronous contexts go: checks the scope after each way of waiting there is. */
export async function work(request, check) {
  check(request, 'at once')
  await null
  check(request, 'after a promise')
  await setTimeout(Math.random() * 5)
  check(request, 'after a timer')
  await setImmediate()
  check(request, 'after an immediate')
  await new Promise((resolve) => process.nextTick(resolve))
  check(request, 'after a tick')
  await new Promise((resolve) => {
    readFile(import.meta.filename, () => {
      check(request, 'in the callback of a file read')
      resolve()
    })
  })
}
