import { NonplusError } from '../model/errors.ts'
import { formatDuration } from '../reporters/quantity.ts'
import { type Block, checkBlock } from './block.ts'
import { checkNames, checkNumber } from './check-options.ts'
import { failureText, nothingSeen } from './failure.ts'
import { type Measured, measure } from './measure.ts'
import type { Outcome } from './outcome.ts'

/** What a block may cost. One limit at least must be given. */
export interface QueryBudget {
  /** Queries, transaction control left out. */
  readonly queries?: number
  /** Rows read or changed, in all. */
  readonly rows?: number
  /** Milliseconds in the database: the sum over the queries, of the fastest run. */
  readonly databaseMs?: number
  /**
   * Runs that the block is given to stay below {@link databaseMs}. A busy machine makes single runs slow, and never fast,
   * so only a block whose every run is too slow fails; the first run within ends it. 1 for a block that must not run twice.
   *
   * @default 5
   */
  readonly runs?: number
}

const CALL = 'toStayWithinBudget()'
const LIMITS = ['queries', 'rows', 'databaseMs'] as const

/**
 * Runs a block and holds its queries, its rows and its time in the database to a budget.
 *
 * @throws NonplusError ERR_OPTION_INVALID for wrong use, and what the block throws.
 */
export async function withinBudget<Result>(
  name: string,
  block: Block<Result>,
  budget: QueryBudget,
): Promise<Outcome<Result>> {
  checkBlock(block, `expect(fn).${CALL}`)
  const { databaseMs = Number.POSITIVE_INFINITY, runs = 5 } = checkBudget(budget)
  let fastest = await measure(name, block)
  if (fastest.isBlind) return nothingSeen(fastest)
  const times = [fastest.databaseMs]
  while (fastest.databaseMs > databaseMs && isWithinCounts(fastest, budget) && times.length < runs) {
    const next = await measure(name, block)
    times.push(next.databaseMs)
    if (next.databaseMs < fastest.databaseMs) fastest = next
  }
  const pass = isWithinCounts(fastest, budget) && fastest.databaseMs <= databaseMs
  const message = (): string => {
    const lines = LIMITS.filter((limit) => budget[limit] !== undefined).map((limit) =>
      lineOf(limit, fastest, budget, times),
    )
    return failureText(`Expected ${pass ? 'more than' : 'to stay within'} the budget:\n${lines.join('\n')}`, fastest)
  }
  return { pass, result: fastest.result, message }
}

function checkBudget(budget: QueryBudget): QueryBudget {
  checkNames(budget, [...LIMITS, 'runs'], CALL)
  checkNumber(budget.queries, 'queries', CALL)
  checkNumber(budget.rows, 'rows', CALL)
  checkNumber(budget.databaseMs, 'databaseMs', CALL, 0, false)
  checkNumber(budget.runs, 'runs', CALL, 1)
  if (LIMITS.some((limit) => budget[limit] !== undefined)) return budget
  throw new NonplusError('ERR_OPTION_INVALID', `${CALL} needs a limit: ${LIMITS.join(', ')}.`)
}

function isWithinCounts({ count, rows }: Measured, budget: QueryBudget): boolean {
  return count <= (budget.queries ?? count) && rows <= (budget.rows ?? rows)
}

function lineOf(
  limit: (typeof LIMITS)[number],
  measured: Measured,
  budget: QueryBudget,
  times: readonly number[],
): string {
  const allowed = budget[limit] as number
  if (limit !== 'databaseMs') {
    const used = limit === 'queries' ? measured.count : measured.rows
    return `  ${limit}: ${used} of ${allowed}`
  }
  const runs =
    times.length === 1 ? '' : `, the fastest of ${times.length} runs (${times.map(formatDuration).join(', ')})`
  return `  time in the database: ${formatDuration(measured.databaseMs)} of ${formatDuration(allowed)}${runs}`
}
