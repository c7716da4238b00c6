import type { ConstantQueriesOptions, LinearQueriesOptions } from './constant-queries.ts'
import type { NoFindingsOptions, NoNPlusOneOptions } from './no-findings.ts'
import type { QueryFilter } from './query-filter.ts'
import type { QueryExpectation } from './run-queries.ts'
import type { QueryBudget } from './within-budget.ts'

/**
 * The matchers, as they are added to `expect(fn)`. `fn` is the block to run; each gives a promise, which must be awaited:
 * `await expect(() => listPosts()).toHaveNoNPlusOne()`.
 */
export interface QueryMatchers {
  /** The block runs so many queries; transaction control is not counted. */
  toRunQueries(expected: number | QueryExpectation): Promise<void>
  /** The block runs no query, or none that the filter names. */
  toRunNoQueries(filter?: QueryFilter): Promise<void>
  /** The block has no statement that runs once per row of another one. */
  toHaveNoNPlusOne(options?: NoNPlusOneOptions): Promise<void>
  /** The block has no finding of severity `warning` or `error`. */
  toHaveNoFindings(options?: NoFindingsOptions): Promise<void>
  /** The block runs as many queries with more data; without options, its proven findings say so in one run. */
  toRunConstantQueries(options?: ConstantQueriesOptions): Promise<void>
  /** The block runs at most `slope` more queries for each unit of size. */
  toRunLinearQueries(options: LinearQueriesOptions): Promise<void>
  /** The block stays within so many queries, rows and milliseconds of the database. */
  toStayWithinBudget(budget: QueryBudget): Promise<void>
  /**
   * The queries of the block are those of the snapshot: shapes and counts, no values.
   *
   * @param place in Vitest and Jest a hint that is added to the name of the snapshot; with chai, which keeps none, the file:
   * `new URL('./posts.sql', import.meta.url)`. A file that is missing is written.
   */
  toMatchQuerySnapshot(place?: string | URL): Promise<void>
}
