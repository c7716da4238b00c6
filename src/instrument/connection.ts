import { onceInProcess, state } from './state.ts'

/** One for all copies of nonplus in the process. */
const numbers: WeakMap<object, number> = onceInProcess('connections', () => new WeakMap())

/**
 * Number of a connection, told by the object that lasts as long as it does; nothing is written on it, since applications
 * print it.
 *
 * @returns 0 where there is no such object.
 */
export function connectionOf(lasting: object | null | undefined): number {
  if (lasting === null || lasting === undefined) return 0
  let number = numbers.get(lasting)
  if (number === undefined) {
    number = state.nextConnection++
    numbers.set(lasting, number)
  }
  return number
}
