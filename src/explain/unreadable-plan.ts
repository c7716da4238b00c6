import { NonplusError } from '../model/errors.ts'

const SHOWN = 60

/** The error of something that is no plan, or no whole one: what was expected, and what came. */
export function unreadable(expected: string, given: unknown, options?: ErrorOptions): NonplusError {
  return new NonplusError('ERR_PLAN_UNREADABLE', `Expected ${expected}, but got: ${shown(given)}.`, options)
}

/** The same, where what came is told in words. */
export function mistaken(expected: string, got: string): NonplusError {
  return new NonplusError('ERR_PLAN_UNREADABLE', `Expected ${expected}, but got ${got}.`)
}

/** The beginning of it, without values. */
function shown(given: unknown): string {
  if (given === undefined || given === null) return String(given)
  if (typeof given === 'string') return given.trim() === '' ? 'an empty text' : `\`${cut(given.trim())}\``
  if (typeof given !== 'object') return `${typeof given}`
  if (Array.isArray(given)) return given.length === 0 ? 'an empty list' : `a list of ${given.length}`
  return `an object with the keys ${cut(Object.keys(given).join(', ')) || '(none)'}`
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ').replace(/'[^']*(?:'|$)|\b\d[\w.]*/g, '?')
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line
}
