/** What runners have in common, and nonplus holds in each. */
export const features = [
  'matchers pass, and fail with what ran',
  '`not`',
  'wrong use is told',
  'blocks at once, nested, in a contended pool',
  'a server in the block',
  'tests at once',
  'a table of tests',
  'retries',
  'tests that are to fail',
  'callbacks',
  'fake timers',
  'query snapshots',
  '`NONPLUS=0` proves nothing',
  'a scope per test',
  'several workers',
  'hooks left out',
  'N+1 that no assertion asks for',
  'a loop of the test is no finding',
  'gate and baseline',
  'under `nonplus run`',
] as const

export type Feature = (typeof features)[number]

/** The columns of the table. */
export type Family = 'Vitest' | 'Jest' | 'mocha' | 'node:test'

/** Where a feature is not held as it stands; all others are, in every version. */
export const exceptions: Readonly<Record<Family, Partial<Record<Feature, string>>>> = {
  Vitest: { callbacks: 'Vitest has none' },
  Jest: {},
  mocha: {
    'tests at once': 'mocha has none',
    'a table of tests': 'a loop',
    'tests that are to fail': 'mocha has none',
    'query snapshots': 'in a file',
  },
  'node:test': {
    '`not`': '`assert.rejects()`',
    'tests at once': 'assertions; the report cannot tell such tests apart',
    'a table of tests': 'a loop',
    retries: 'Node has none',
    'tests that are to fail': 'not held',
    'query snapshots': 'in a file',
    'hooks left out': '`before` and `after`; `beforeEach` and `afterEach` count',
  },
}

/** Families and their versions, as the tests run them. */
export const versions: Readonly<Record<Family, string>> = {
  Vitest: '3, 4, 5; forks, threads, vmThreads, vmForks; shared modules',
  Jest: '29, 30; CommonJS, ES modules; Babel',
  mocha: '11; serial, parallel; chai 4, 5, 6',
  'node:test': 'Node 20, 22, 24',
}

/** The table of docs/test-runners.md. */
export function renderTable(): string {
  const families = Object.keys(versions) as Family[]
  const rows = features.map((feature) => [feature, ...families.map((family) => exceptions[family][feature] ?? 'yes')])
  const head = ['', ...families.map((family) => `${family}`)]
  const ran = ['ran', ...families.map((family) => versions[family])]
  return [head, families.map(() => '---').concat('---'), ran, ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}
