import { type Block, checkBlock } from './block.ts'
import { checkNames, checkNumber } from './check-options.ts'
import { failureText, nothingSeen } from './failure.ts'
import { countOf, measure } from './measure.ts'
import type { Outcome } from './outcome.ts'
import { checkFilter, FILTER_OPTIONS, filterWords, isWanted, type QueryFilter } from './query-filter.ts'

/** How many queries a block may run, of those that the filter names. One limit at least must be given. */
export interface QueryExpectation extends QueryFilter {
  readonly exactly?: number
  readonly atMost?: number
  readonly atLeast?: number
}

const CALL = 'toRunQueries()'
const LIMITS = ['exactly', 'atMost', 'atLeast'] as const

/**
 * Runs a block and counts its queries; transaction control (BEGIN, COMMIT, SAVEPOINT, …) is not counted.
 *
 * @throws NonplusError ERR_OPTION_INVALID for wrong use, and what the block throws.
 */
export async function runQueries<Result>(
  name: string,
  block: Block<Result>,
  expected: number | QueryExpectation,
): Promise<Outcome<Result>> {
  checkBlock(block, `expect(fn).${CALL}`)
  const expectation = readExpectation(expected)
  const measured = await measure(name, block)
  const { result } = measured
  if (measured.isBlind) return nothingSeen(measured)
  const queries = measured.queries.filter((query) => isWanted(query, expectation))
  const count = countOf(queries)
  const pass = isWithin(count, expectation)
  const message = (): string => {
    const words = pass ? oppositeWords(expectation) : limitWords(expectation)
    const wanted = `${words} ${plural(expectation)}${filterWords(expectation)}`
    return failureText(`Expected ${wanted}, but ${count} ran.`, measured, count === 0 ? measured.queries : queries)
  }
  return { pass, result, message }
}

function readExpectation(expected: unknown): QueryExpectation {
  if (typeof expected === 'number') {
    checkNumber(expected, 'the number', CALL)
    return { exactly: expected }
  }
  checkNames(expected, [...LIMITS, ...FILTER_OPTIONS], CALL)
  const expectation = expected as QueryExpectation
  for (const limit of LIMITS) checkNumber(expectation[limit], limit, CALL)
  checkFilter(expectation, CALL)
  return LIMITS.some((limit) => expectation[limit] !== undefined) ? expectation : { ...expectation, atLeast: 1 }
}

function isWithin(count: number, { exactly = count, atMost = count, atLeast = count }: QueryExpectation): boolean {
  return count === exactly && count <= atMost && count >= atLeast
}

function limitWords({ exactly, atMost, atLeast }: QueryExpectation): string {
  const words = [
    exactly === undefined ? '' : exactly === 0 ? 'no' : `exactly ${exactly}`,
    atLeast === undefined ? '' : `at least ${atLeast}`,
    atMost === undefined ? '' : `at most ${atMost}`,
  ]
  return words.filter(Boolean).join(' and ')
}

/** What `not` asks for. */
function oppositeWords({ exactly, atMost, atLeast }: QueryExpectation): string {
  const words = [
    exactly === undefined ? '' : exactly === 0 ? 'any' : `other than ${exactly}`,
    atLeast === undefined ? '' : atLeast === 1 ? 'no' : `fewer than ${atLeast}`,
    atMost === undefined ? '' : `more than ${atMost}`,
  ]
  return words.filter(Boolean).join(' or ')
}

function plural({ exactly, atMost, atLeast }: QueryExpectation): string {
  return (exactly ?? atMost ?? atLeast) === 1 ? 'query' : 'queries'
}
