import { NonplusError } from '../model/errors.ts'
import { type Block, checkBlock } from './block.ts'
import { checkNames, checkNumber } from './check-options.ts'
import { failureText, findingsText, nothingSeen } from './failure.ts'
import { renderGrowth } from './growth-table.ts'
import { countOf, type Measured, measure } from './measure.ts'
import type { Outcome } from './outcome.ts'
import { checkFilter, FILTER_OPTIONS, isWanted, type QueryFilter } from './query-filter.ts'
import { warnOfSameRows } from './warn-of-data.ts'

/** A block that is told how much data there is. */
export type SizedBlock<Result = unknown> = (size: number) => Result | Promise<Result>

/** At which sizes of the data a block is run, and which of its queries are counted. */
export interface ConstantQueriesOptions extends QueryFilter {
  /** Makes the data for a run; called before each, outside of what is counted. */
  readonly setup: (size: number) => unknown
  /** Sizes, rising. @default [2, 3], since one row may hide a loop, and two runs are enough to see one */
  readonly factors?: readonly number[]
  /** Runs the block once before, uncounted, so that caches and connections are warm. @default true */
  readonly warmup?: boolean
}

/** As {@link ConstantQueriesOptions}, with growth that is allowed. */
export interface LinearQueriesOptions extends ConstantQueriesOptions {
  /** Queries that each unit of size may add. @default 1 */
  readonly slope?: number
}

/** What was measured at one size. */
export interface Run<Result = unknown> {
  readonly size: number
  readonly measured: Measured<Result>
  /** Of those that are counted. */
  readonly count: number
}

/**
 * Runs a block with growing data: the number of its queries must not grow. The idea of scaling tests without a fixed number
 * comes from n_plus_one_control for Ruby. Without options it is one run, whose proven findings say how the number grows.
 *
 * @throws NonplusError ERR_OPTION_INVALID for wrong use, and what the block or the setup throws.
 */
export async function constantQueries<Result>(
  name: string,
  block: SizedBlock<Result>,
  options?: ConstantQueriesOptions,
): Promise<Outcome<Result>> {
  const call = 'toRunConstantQueries()'
  checkBlock(block, `expect(fn).${call}`)
  if (options === undefined) return constantByGrowth(name, () => block(0))
  return judgeGrowth(name, block, { ...options, slope: 0 }, call)
}

/** As {@link constantQueries}, where each unit of size may add `slope` queries, and no more. */
export async function linearQueries<Result>(
  name: string,
  block: SizedBlock<Result>,
  options: LinearQueriesOptions,
): Promise<Outcome<Result>> {
  const call = 'toRunLinearQueries()'
  checkBlock(block, `expect(fn).${call}`)
  return judgeGrowth(name, block, { slope: 1, ...options }, call)
}

async function judgeGrowth<Result>(
  name: string,
  block: SizedBlock<Result>,
  options: LinearQueriesOptions & { readonly slope: number },
  call: string,
): Promise<Outcome<Result>> {
  const { slope } = options
  const runs = await runAtSizes(name, block, options, call)
  const last = runs.at(-1) as Run<Result>
  const { result } = last.measured
  const unseen = runs.find(({ measured }) => measured.count === 0)
  if (unseen !== undefined) return nothingSeen(unseen.measured)
  const pass = runs.every((run, index) => isWithinSlope(runs[index - 1], run, slope))
  if (pass) warnWhereDataStays(name, runs)
  const message = (): string => {
    const wanted = slope === 0 ? 'the same number of queries' : `at most ${slope} more queries per unit`
    const headline = pass
      ? `Expected the number of queries to grow by more than ${slope} per unit of size, but it did not.`
      : `Expected ${wanted} at every size, but it grew with the data.`
    return failureText(`${headline}\n\n${renderGrowth(runs, options)}`, last.measured, [])
  }
  return { pass, result, message }
}

async function runAtSizes<Result>(
  name: string,
  block: SizedBlock<Result>,
  options: LinearQueriesOptions,
  call: string,
): Promise<Run<Result>[]> {
  const { setup, factors = [2, 3], warmup = true } = checkGrowthOptions(options, call)
  const runs: Run<Result>[] = []
  for (const size of factors) {
    await setup(size)
    if (warmup && runs.length === 0) await measure(name, () => block(size), { isJudged: true, only: [] })
    const measured = await measure(name, () => block(size), { isJudged: true })
    runs.push({ size, measured, count: countOf(measured.queries.filter((query) => isWanted(query, options))) })
  }
  return runs
}

function checkGrowthOptions(options: LinearQueriesOptions, call: string): LinearQueriesOptions {
  checkNames(options, ['setup', 'factors', 'warmup', 'slope', ...FILTER_OPTIONS], call)
  checkFilter(options, call)
  checkNumber(options.slope, 'slope', call, 0, false)
  const { setup, factors = [2, 3] } = options
  if (typeof setup !== 'function') {
    const message = `\`setup\` of ${call} must be a function that makes the data: setup: (size) => seed(size). Got ${typeof setup}.`
    throw new NonplusError('ERR_OPTION_INVALID', message)
  }
  const isRising = factors.every((size, index) => Number.isInteger(size) && size > (factors[index - 1] ?? 0))
  if (factors.length >= 2 && isRising) return options
  const message = `\`factors\` of ${call} must be two rising sizes or more, from 1 up, but got: ${JSON.stringify(factors)}.`
  throw new NonplusError('ERR_OPTION_INVALID', message)
}

function isWithinSlope(before: Run | undefined, run: Run, slope: number): boolean {
  return before === undefined || run.count - before.count <= slope * (run.size - before.size)
}

function warnWhereDataStays(name: string, runs: readonly Run[]): void {
  const rows = runs.map(({ measured }) => measured.rows)
  const reads = runs.flatMap(({ measured }) => measured.queries)
  // an aggregate has one row however many it is made of
  const isAggregate = reads.every(({ fingerprint, kind }) => kind !== 'select' || /^select \w+ ?\(/.test(fingerprint))
  const [first = 0] = rows
  if (!isAggregate && rows.every((count) => count === first))
    warnOfSameRows(
      name,
      runs.map(({ size }) => size),
      first,
    )
}

async function constantByGrowth<Result>(name: string, block: Block<Result>): Promise<Outcome<Result>> {
  const measured = await measure(name, block, { isJudged: true })
  const { result, report } = measured
  if (measured.count === 0) return nothingSeen(measured)
  const growing = report.findings.filter(
    (finding) =>
      finding.kind === 'n-plus-one' && finding.severity !== 'info' && (finding.growth?.perParentRow ?? 0) > 0,
  )
  const pass = growing.length === 0
  const message = (): string =>
    pass
      ? failureText('Expected the number of queries to grow with the data, but nothing shows that it does.', measured)
      : findingsText('Expected a number of queries that does not grow with the data:', growing, measured)
  return { pass, result, message }
}
