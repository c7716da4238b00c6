import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { hasLoaders, loaderFile } from '../loaders/index.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'nonplus-types-'))
const execute = promisify(execFile)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What is right, and what must not compile, wherever the matchers are. */
const MATCHERS = `
const list = async (): Promise<number> => 1
export async function right(): Promise<void> {
  const done: Promise<void> = expect(list).toRunQueries(2)
  await done
  await expect(list).toRunQueries({ exactly: 1, kind: ['insert', 'update'], table: 'posts', matching: /a/ })
  await expect(list).not.toRunQueries({ atMost: 1 })
  await expect(list).toRunNoQueries({ table: 'posts' })
  await expect(list).toHaveNoNPlusOne({ allow: ['posts', /a/], threshold: 3, baseline: 'baseline.json' })
  await expect(list).toHaveNoFindings({ kinds: ['duplicate-query'] })
  await expect(list).toRunConstantQueries()
  await expect(list).toRunConstantQueries({ setup: (size: number) => size, factors: [2, 5], warmup: false })
  await expect(list).toRunLinearQueries({ setup: () => undefined, slope: 2 })
  await expect(list).toStayWithinBudget({ queries: 1, rows: 1, databaseMs: 5, runs: 1 })
  await expect(list).toMatchQuerySnapshot()
}
export async function wrong(): Promise<void> {
  // @ts-expect-error misspelt
  await expect(list).toRunQueries({ atmost: 1 })
  // @ts-expect-error no kind of statement
  await expect(list).toRunQueries({ kind: 'selcet' })
  // @ts-expect-error no number
  await expect(list).toRunQueries('2')
  // @ts-expect-error no kind of finding
  await expect(list).toHaveNoFindings({ kinds: ['n-plus-ono'] })
  // @ts-expect-error nothing sets up
  await expect(list).toRunLinearQueries({})
  // @ts-expect-error no matcher
  await expect(list).toHaveNoNplusOne()
}
`

const PLUGIN = `
import nonplus from 'nonplus/vitest/plugin'
import { defineConfig } from 'vitest/config'
export const config = defineConfig({ plugins: [nonplus()] })
export const strict = defineConfig({ plugins: [nonplus({ failOn: ['error'], baseline: 'baseline.json' })] })
// @ts-expect-error no severity and no kind
export const misspelt = defineConfig({ plugins: [nonplus({ failOn: ['eror'] })] })
`

const FUNCTIONS = `
import { expectConstantQueries, expectNoNPlusOne, expectQueries, expectWithinBudget, type QueryBudget } from 'nonplus/testing'
const list = async (): Promise<string[]> => []
export async function right(): Promise<void> {
  const posts: string[] = await expectQueries(list, { atMost: 2 })
  const sizes: number = await expectConstantQueries({ setup: () => 0, run: (size) => size })
  const budget: QueryBudget = { queries: posts.length + sizes }
  await expectWithinBudget(() => 'text', budget)
  await expectNoNPlusOne(list, { allow: [/a/] })
}
// @ts-expect-error misspelt
export const wrong = expectQueries(list, { atmost: 2 })
// @ts-expect-error a result, and no block
export const result = expectQueries(list(), 2)
`

interface Case {
  readonly name: string
  readonly source: string
  /** Name → folder in test/loaders, or in the root. */
  readonly packages: Readonly<Record<string, string>>
  readonly types?: readonly string[]
  readonly module?: string
}

const vitest = (version: number, package_: string): Case[] => [
  {
    name: `Vitest ${version}`,
    source: `import { expect } from 'vitest'\nimport 'nonplus/vitest'\n${MATCHERS}\n${PLUGIN}`,
    packages: { vitest: package_ },
  },
  {
    name: `Vitest ${version}, with globals`,
    source: `import 'nonplus/vitest'\n${MATCHERS}`,
    packages: { vitest: package_ },
    types: ['vitest/globals'],
  },
]

const cases: readonly Case[] = [
  ...vitest(3, 'vitest-3'),
  ...vitest(4, 'vitest'),
  ...vitest(5, 'vitest-5'),
  ...[29, 30].flatMap((version): Case[] =>
    ['nodenext', 'commonjs'].map((module) => ({
      name: `@jest/globals ${version}, ${module}`,
      source: `import { expect } from '@jest/globals'\nimport 'nonplus/jest'\n${MATCHERS}`,
      // `expect` is where package managers put it: beside
      packages:
        version === 30
          ? { '@jest/globals': '@jest/globals', expect: 'expect' }
          : { '@jest/globals': 'globals-29', expect: 'globals-29/node_modules/expect' },
      module,
    })),
  ),
  {
    name: '@types/jest',
    source: `import 'nonplus/jest'\n${MATCHERS}`,
    packages: { '@types/jest': '@types/jest', '@jest/globals': '@jest/globals' },
    types: ['jest'],
  },
  {
    name: 'chai 6',
    source: `import { expect } from 'chai'\nimport 'nonplus/chai'\n${MATCHERS}`,
    packages: { chai: 'chai', '@types/chai': '@types/chai' },
  },
  {
    name: 'chai 4',
    source: `import { expect } from 'chai'\nimport 'nonplus/chai'\n${MATCHERS}`,
    packages: { chai: 'chai-4', '@types/chai': '@types/chai-4' },
  },
  { name: 'nonplus/testing', source: FUNCTIONS, packages: {} },
]

describe.skipIf(!hasLoaders)('a consumer that checks its libraries', () => {
  test.each(cases)('$name', async ({ name, source, packages, types = [], module = 'nodenext' }) => {
    const consumer = join(folder, name.replaceAll(/\W+/g, '-'))
    const link = (target: string, as: string): void => {
      mkdirSync(dirname(join(consumer, 'node_modules', as)), { recursive: true })
      symlinkSync(target, join(consumer, 'node_modules', as))
    }
    for (const part of ['dist', 'package.json']) {
      cpSync(join(root, part), join(consumer, 'node_modules/nonplus', part), { recursive: true })
    }
    link(join(root, 'node_modules/@types/node'), '@types/node')
    for (const [as, package_] of Object.entries(packages)) link(loaderFile(package_), as)
    writeFileSync(
      join(consumer, 'package.json'),
      JSON.stringify({ type: module === 'nodenext' ? 'module' : 'commonjs' }),
    )
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      target: 'es2022',
      lib: ['es2023', 'dom', 'dom.asynciterable', 'esnext.disposable'],
      module,
      moduleResolution: module === 'nodenext' ? 'nodenext' : 'bundler',
      types: ['node', ...types],
    }
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
    writeFileSync(join(consumer, 'consumer.ts'), source)
    expect(await compile(consumer)).toBe('')
  })
})

async function compile(cwd: string): Promise<string> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = await execute(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], { cwd }).catch(
    (error: { stdout: string }) => error,
  )
  return stdout
}
