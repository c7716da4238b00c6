import { NonplusError } from '../model/errors.ts'
import { validNameHint } from '../model/nearest.ts'

/**
 * Checks that options are an object with no name that is not known: a misspelt limit would hold nothing.
 *
 * @throws NonplusError ERR_OPTION_INVALID
 */
export function checkNames(options: unknown, valid: readonly string[], call: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new NonplusError(
      'ERR_OPTION_INVALID',
      `${call} takes an object with ${valid.join(', ')}. Got ${typeof options}.`,
    )
  }
  for (const name of Object.keys(options)) {
    if (valid.includes(name)) continue
    throw new NonplusError(
      'ERR_OPTION_INVALID',
      `Unknown option of ${call}: \`${name}\`. ${validNameHint(name, valid)}`,
    )
  }
}

/** @throws NonplusError ERR_OPTION_INVALID where a number is given that is none, or not from `least` up. */
export function checkNumber(value: unknown, name: string, call: string, least = 0, isWhole = true): void {
  if (value === undefined) return
  const isRight = typeof value === 'number' && value >= least && (isWhole ? Number.isInteger(value) : value < Infinity)
  if (isRight) return
  const expected = `${isWhole ? 'an integer' : 'a number'} from ${least} up`
  throw new NonplusError('ERR_OPTION_INVALID', `\`${name}\` of ${call} must be ${expected}, but got: ${String(value)}.`)
}
