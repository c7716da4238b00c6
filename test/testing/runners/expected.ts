import type { Feature } from './features.ts'
import type { TestResult } from './runner-folder.ts'

/** A test of the spec, and what is to become of it with each driver. */
export interface Expected {
  readonly feature: Feature
  /** Without its file and its driver, in one text, since mocha has it so. */
  readonly name: string
  readonly status: TestResult['status']
  /** In the report of the whole suite, for each run of the test; none where it sends nothing. */
  readonly queries: readonly number[]
  /** Parts of the message of a test that fails; LOOP stands for the line of the loop, SENT for that of the query. */
  readonly says?: readonly RegExp[]
}

const FINDING = [
  /error n-plus-one \(proven\) {2}3 × SELECT authors with 3 different keys/,
  /^ {2}LOOP:\d+ \(listPosts\)/m,
  /↳ sent at SENT:\d+/,
  /proof +All 3 values of authors\.id came from posts\.author_id/,
]

const LIST = [/^ {2}1 × SELECT posts +SENT/m, /^ {2}3 × SELECT authors +SENT/m]

const matchers: readonly Expected[] = [
  pass('passes toRunQueries', 10),
  pass('passes toRunNoQueries', 1),
  pass('passes toHaveNoNPlusOne', 2),
  pass('passes toHaveNoFindings', 2),
  pass('passes toRunConstantQueries', 8),
  pass('passes toRunLinearQueries', 8),
  pass('passes toStayWithinBudget', 2),
  fail('fails toRunQueries', 4, [/Expected exactly 2 queries, but 4 ran\./, ...LIST, ...FINDING]),
  fail('fails toRunNoQueries', 2, [/Expected no queries on authors, but 1 ran\./, /^ {2}1 × SELECT authors +SENT/m]),
  fail('fails toHaveNoNPlusOne', 4, [/Expected no N\+1, but found 1:/, ...FINDING]),
  fail('fails toHaveNoNPlusOne at once', 6, [/Expected no N\+1, but found 1:/, /5 × SELECT authors.*concurrent/]),
  fail('fails toHaveNoFindings', 4, [/Expected no findings, but found 1:/, ...FINDING]),
  fail('fails toRunConstantQueries', 10, [/it grew with the data/, /SELECT authors +2 +3 +\+1 per unit/, ...FINDING]),
  fail('fails toRunConstantQueries by its growth', 4, [/that does not grow with the data:/, ...FINDING]),
  fail('fails toRunLinearQueries', 7, [/at most 0\.5 more queries per unit/, /in all +3 +4 +\+1 per unit/]),
  fail('fails toStayWithinBudget', 4, [/queries: 4 of 2/, /rows: 6 of 4/, ...LIST, ...FINDING]),
  fail('fails where nothing was seen', 0, [/No statement was seen in the block/]),
].map((one) => ({ ...one, feature: 'matchers pass, and fail with what ran' }))

const others: readonly Expected[] = [
  { ...pass('not passes', 18), feature: '`not`' },
  { ...fail('not fails: toRunQueries', 2, [/Expected other than 2 queries, but 2 ran\./]), feature: '`not`' },
  { ...fail('not fails: toHaveNoNPlusOne', 2, [/Expected N\+1, but there is none/]), feature: '`not`' },
  { ...fail('not fails where nothing was seen', 0, [/No statement was seen/]), feature: '`not`' },
  { ...fail('wrong use a result', 1, [/takes a function.*Got object/]), feature: 'wrong use is told' },
  { ...fail('wrong use a promise', 1, [/Got a promise: it runs already/]), feature: 'wrong use is told' },
  { ...fail('wrong use a misspelt option', 0, [/`atmost`\. Did you mean `atMost`\?/]), feature: 'wrong use is told' },
  { ...pass('blocks at once', 14), feature: 'blocks at once, nested, in a contended pool' },
  { ...pass('blocks nested', 3), feature: 'blocks at once, nested, in a contended pool' },
  { ...pass('blocks after a pool was contended', 17), feature: 'blocks at once, nested, in a contended pool' },
  { ...pass('a server of the block', 6), feature: 'a server in the block' },
  { ...pass('a server is judged per request', 3), feature: 'a server in the block' },
  {
    ...fail('a server has a loop', 6, [/Expected no N\+1, but found 2/, /2 × SELECT authors/]),
    feature: 'a server in the block',
  },
  { ...pass('tests at once one', 2), feature: 'tests at once' },
  { ...pass('tests at once two', 3), feature: 'tests at once' },
  { ...pass('tests at once three', 4), feature: 'tests at once' },
  {
    ...fail('tests at once fails', 5, [/Expected exactly 99 queries, but 5 ran/, /4 × SELECT authors/]),
    feature: 'tests at once',
  },
  { ...pass('each 1', 2), feature: 'a table of tests' },
  { ...pass('each 2', 3), feature: 'a table of tests' },
  { ...pass('each 3', 4), feature: 'a table of tests' },
  { ...pass('expected to fail', 4), feature: 'tests that are to fail' },
  { ...pass('timers that are faked', 8), feature: 'fake timers' },
  { ...pass('a callback', 3), feature: 'callbacks' },
  { ...pass('retried', 2, 3, 4), feature: 'retries' },
]

/** Tests of the specs `assertions` and `retries`. */
export const expectedTests: readonly Expected[] = [...matchers, ...others]

function pass(name: string, ...queries: number[]): Omit<Expected, 'feature'> & { feature: Feature } {
  return { feature: 'matchers pass, and fail with what ran', name, status: 'passed', queries }
}

function fail(name: string, queries: number, says: RegExp[]): Expected {
  return {
    feature: 'matchers pass, and fail with what ran',
    name,
    status: 'failed',
    queries: queries === 0 ? [] : [queries],
    says,
  }
}
