import { AssertionError } from 'node:assert'
import type { Block } from './block.ts'
import { CallerError } from './caller-error.ts'
import {
  type ConstantQueriesOptions,
  constantQueries,
  type LinearQueriesOptions,
  linearQueries,
  type SizedBlock,
} from './constant-queries.ts'
import { type NoFindingsOptions, type NoNPlusOneOptions, noFindings, noNPlusOne } from './no-findings.ts'
import type { Outcome } from './outcome.ts'
import type { QueryFilter } from './query-filter.ts'
import { type QueryExpectation, runQueries } from './run-queries.ts'
import { matchesFile } from './snapshot-file.ts'
import { type QueryBudget, withinBudget } from './within-budget.ts'

export type { Allowance } from './allowance.ts'
export type { Block } from './block.ts'
export type { ConstantQueriesOptions, LinearQueriesOptions, SizedBlock } from './constant-queries.ts'
export type { NoFindingsOptions, NoNPlusOneOptions } from './no-findings.ts'
export type { QueryFilter } from './query-filter.ts'
export type { QueryExpectation } from './run-queries.ts'
export type { QueryBudget } from './within-budget.ts'

/*
 * The assertions for `node:test`, mocha and anything else. Each runs the block once (some several times), throws an
 * AssertionError that says what ran, or gives back what the block did.
 */

/** The block runs so many queries; transaction control is not counted. */
export function expectQueries<Result>(block: Block<Result>, expected: number | QueryExpectation): Promise<Result> {
  return hold(expectQueries, () => runQueries('', block, expected))
}

/** The block runs no query, or none that the filter names. */
export function expectNoQueries<Result>(block: Block<Result>, filter: QueryFilter = {}): Promise<Result> {
  return hold(expectNoQueries, () => runQueries('', block, { ...filter, exactly: 0 }))
}

/** The block has no statement that runs once per row of another one. */
export function expectNoNPlusOne<Result>(block: Block<Result>, options: NoNPlusOneOptions = {}): Promise<Result> {
  return hold(expectNoNPlusOne, () => noNPlusOne('', block, options))
}

/** The block has no finding of severity `warning` or `error`. */
export function expectNoFindings<Result>(block: Block<Result>, options: NoFindingsOptions = {}): Promise<Result> {
  return hold(expectNoFindings, () => noFindings('', block, options))
}

/** The block runs as many queries with more data. Gives back what its last run did. */
export function expectConstantQueries<Result>(
  options: ConstantQueriesOptions & { readonly run: SizedBlock<Result> },
): Promise<Result> {
  const { run, ...rest } = options
  return hold(expectConstantQueries, () => constantQueries('', run, rest))
}

/** The block runs at most `slope` more queries for each unit of size. Gives back what its last run did. */
export function expectLinearQueries<Result>(
  options: LinearQueriesOptions & { readonly run: SizedBlock<Result> },
): Promise<Result> {
  const { run, ...rest } = options
  return hold(expectLinearQueries, () => linearQueries('', run, rest))
}

/** One run of the block has no proven finding by which its queries grow with the data. */
export function expectConstantGrowth<Result>(block: Block<Result>): Promise<Result> {
  return hold(expectConstantGrowth, () => constantQueries('', block))
}

/** The block stays within so many queries, rows and milliseconds of the database. */
export function expectWithinBudget<Result>(block: Block<Result>, budget: QueryBudget): Promise<Result> {
  return hold(expectWithinBudget, () => withinBudget('', block, budget))
}

/**
 * The queries of the block are those in the file: shapes and counts, no values. A file that is missing is written, but in
 * CI; `NONPLUS_UPDATE_SNAPSHOTS=1` writes it anew.
 */
export function expectQuerySnapshot<Result>(block: Block<Result>, file: string | URL): Promise<Result> {
  return hold(expectQuerySnapshot, () => matchesFile('', block, file))
}

async function hold<Result>(
  caller: (...args: never[]) => unknown,
  assertion: () => Promise<Outcome<Result>>,
): Promise<Result> {
  const error = new CallerError(
    (message) => new AssertionError({ message, stackStartFn: caller as (...args: unknown[]) => unknown }),
  )
  return (await error.hold(assertion)).result
}
