import { relative } from 'node:path'
import { loaderFile } from '../../loaders/index.ts'
import { type NodeVersion, nodeVersions } from '../../node-versions.ts'
import type { Runner, TestResult } from './runner-folder.ts'

const [own] = nodeVersions as [NodeVersion]

/** Runners give a test from two seconds on, which is not much on a busy machine. */
const TIMEOUT_MS = 30_000

function findNode(major: number): NodeVersion | undefined {
  return nodeVersions.find(({ version }) => version.startsWith(`${major}.`))
}

/** A pool of Vitest, and whether each file has modules of its own in it. */
export interface VitestPool {
  readonly pool: 'forks' | 'threads' | 'vmThreads' | 'vmForks'
  readonly isolate: boolean
}

/** Vitest 3, 4 and 5 in a pool, the last where there is a Node that it runs on. */
export function vitestRunners({ pool, isolate }: VitestPool = { pool: 'forks', isolate: true }): Runner[] {
  const versions: [version: number, folder: string, node: NodeVersion | undefined][] = [
    [3, 'vitest-3', own],
    [4, 'vitest', own],
    [5, 'vitest-5', findNode(24)],
  ]
  return versions.flatMap(([version, folder, node]) =>
    node === undefined
      ? []
      : {
          title: `Vitest ${version}${pool === 'forks' && isolate ? '' : ` ${pool}${isolate ? '' : ' shared'}`}`,
          node,
          adapter: 'vitest' as const,
          hasSnapshots: true,
          packages: { vitest: folder },
          isTypeScript: true,
          files: {
            'package.json': JSON.stringify({ type: 'module' }),
            'alone.config.mjs': 'export default {}',
            'suite.config.mjs': `import nonplus from 'nonplus/vitest/plugin'\nexport default { plugins: [nonplus()] }`,
          },
          command: ({ specs, isSuite, workers, results, update = false }) => [
            ...['node', loaderFile(folder, 'vitest.mjs'), 'run', ...specs, `--pool=${pool}`],
            ...['--config', isSuite ? 'suite.config.mjs' : 'alone.config.mjs'],
            ...['--reporter=default', '--reporter=json', `--outputFile.json=${results}`],
            // up to Vitest 3 the number of workers is two options of each pool
            ...(version > 3 ? [`--maxWorkers=${workers}`] : [`--maxWorkers=${workers}`, '--minWorkers=1']),
            ...(workers > 1 ? [] : ['--no-file-parallelism']),
            `--testTimeout=${TIMEOUT_MS}`,
            ...(isolate ? [] : ['--no-isolate']),
            ...(update ? ['--update'] : []),
          ],
          readResults: readJestResults,
        },
  )
}

/** Jest 29 and 30, as CommonJS that Babel makes of TypeScript, or as ES modules. */
export function jestRunners(isModule: boolean): Runner[] {
  const versions: [version: number, folder: string, globals: string][] = [
    [29, 'jest-29', 'globals-29'],
    [30, 'jest', '@jest/globals'],
  ]
  return versions.map(([version, folder, globals]) => ({
    title: `Jest ${version}${isModule ? ' (ES modules)' : ''}`,
    node: own,
    adapter: 'jest' as const,
    hasSnapshots: true,
    packages: { '@jest/globals': globals, jest: folder },
    isTypeScript: true,
    files: {
      'package.json': JSON.stringify({ type: isModule ? 'module' : 'commonjs' }),
      'babel.config.cjs': `module.exports = ${JSON.stringify({
        presets: [
          ['@babel/preset-env', { targets: { node: 'current' }, modules: isModule ? false : 'auto' }],
          '@babel/preset-typescript',
        ],
      })}`,
      'alone.config.cjs': `module.exports = ${JSON.stringify(jestConfig(isModule))}`,
      'suite.config.cjs': `module.exports = require('nonplus/jest/config').withNonplus(${JSON.stringify(jestConfig(isModule))})`,
    },
    command: ({ specs, isSuite, workers, results, update = false }) => [
      ...['node', ...(isModule ? ['--experimental-vm-modules', '--no-warnings'] : [])],
      ...[loaderFile(folder, 'bin/jest.js'), ...specs, '--config', isSuite ? 'suite.config.cjs' : 'alone.config.cjs'],
      ...['--json', `--outputFile=${results}`, '--ci=false'],
      ...(workers > 1 ? [`--maxWorkers=${workers}`] : ['--runInBand']),
      ...(update ? ['--updateSnapshot'] : []),
    ],
    readResults: readJestResults,
  }))
}

function jestConfig(isModule: boolean): object {
  return {
    watchman: false,
    testTimeout: TIMEOUT_MS,
    testRegex: '\\.test\\.ts$',
    transform: { '\\.ts$': loaderFile('babel-jest') },
    moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
    ...(isModule && { extensionsToTreatAsEsm: ['.ts'] }),
  }
}

/** Mocha 11 with versions of chai. */
export function mochaRunners(chais: readonly number[]): Runner[] {
  return chais.map((chai) => ({
    title: `mocha 11, chai ${chai}`,
    node: own,
    adapter: 'mocha' as const,
    hasSnapshots: false,
    packages: { chai: chai === 6 ? 'chai' : `chai-${chai}`, mocha: 'mocha' },
    isTypeScript: false,
    files: { 'package.json': JSON.stringify({ type: 'module' }) },
    command: ({ specs, isSuite, workers, results }) => [
      ...['node', loaderFile('mocha/bin/mocha.js'), ...specs.map((name) => `${name}.test.js`)],
      ...(isSuite ? ['--require', 'nonplus/mocha'] : []),
      ...['--reporter', 'json', '--reporter-option', `output=${results}`, '--timeout', String(TIMEOUT_MS)],
      ...(workers > 1 ? ['--parallel', '--jobs', String(workers)] : []),
    ],
    readResults: readMochaResults,
  }))
}

/** The runner of Node 20, 22 and 24. */
export function nodeTestRunners(): Runner[] {
  return nodeVersions.map((node) => ({
    title: `node:test of Node ${node.version.split('.')[0]}`,
    node,
    adapter: 'node-test' as const,
    hasSnapshots: false,
    packages: {},
    isTypeScript: false,
    files: { 'package.json': JSON.stringify({ type: 'module' }) },
    command: ({ specs, isSuite, workers, results }) => [
      ...['node', ...(isSuite ? ['--require', 'nonplus/node-test'] : [])],
      ...['--test', `--test-concurrency=${workers}`, '--test-reporter=./results-reporter.js'],
      ...[`--test-reporter-destination=${results}`, ...specs.map((name) => `${name}.test.js`)],
    ],
    readResults: readNodeResults,
  }))
}

interface JestResults {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[]
      readonly title: string
      readonly status: TestResult['status']
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

// Vitest has the format of Jest
function readJestResults(text: string, folder: string): TestResult[] {
  return (JSON.parse(text) as JestResults).testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status, failureMessages }) => ({
      name: [relative(folder, name), ...ancestorTitles.filter((one) => one !== ''), title].join(' > '),
      status,
      message: failureMessages.join('\n'),
    })),
  )
}

interface MochaResults {
  readonly tests: readonly {
    readonly title: string
    readonly fullTitle: string
    readonly file: string
    readonly err: { readonly message?: string; readonly stack?: string }
  }[]
}

// of the blocks around a test there is only one text
function readMochaResults(text: string, folder: string): TestResult[] {
  return (JSON.parse(text) as MochaResults).tests.map(({ fullTitle, file, err }) => ({
    name: `${relative(folder, file)} > ${fullTitle}`,
    status: err.message === undefined ? 'passed' : 'failed',
    message: err.stack ?? err.message ?? '',
  }))
}

interface NodeResult {
  readonly file: string
  readonly path: readonly string[]
  readonly status: TestResult['status']
  readonly message: string
}

function readNodeResults(text: string, folder: string): TestResult[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as NodeResult)
    .map(({ file, path, ...rest }) => ({ name: [relative(folder, file), ...path].join(' > '), ...rest }))
}
