import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { nodeVersions } from './node-versions.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))

const later = nodeVersions.filter(({ version }) => Number.parseInt(version, 10) >= 22)

describe.each(later)('SQLite on Node $version', ({ execPath }) => {
  test('node:sqlite and better-sqlite3 13 are held to the contract', async () => {
    const args = [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--config',
      'test/sqlite-on-node.config.ts',
      '--reporter',
      'json',
    ]
    const env = { ...process.env }
    // a child that thinks it is a worker of this run would not start
    for (const name of Object.keys(env)) if (/^(VITEST|NODE_OPTIONS)/.test(name)) delete env[name]
    const { stdout } = await run(execPath, args, { cwd: root, env, maxBuffer: 2 ** 24 })
    const { numFailedTests, numPassedTests, success } = JSON.parse(stdout)
    expect({ numFailedTests, success }).toEqual({ numFailedTests: 0, success: true })
    expect(numPassedTests).toBeGreaterThan(20)
  })

  test.each([
    ['import', "import { DatabaseSync } from 'node:sqlite'", ''],
    [
      'import, with a database that is open already',
      "import { DatabaseSync } from 'node:sqlite'\nconst early = new DatabaseSync(':memory:')",
      '',
    ],
    ['import() in the scope', '', "const { DatabaseSync } = await import('node:sqlite')"],
    [
      'require',
      "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)",
      "const { DatabaseSync } = require('node:sqlite')",
    ],
    ['process.getBuiltinModule', '', "const { DatabaseSync } = process.getBuiltinModule('node:sqlite')"],
  ])('it is seen being loaded by %s', async (_name, head, inside) => {
    const program = `
      ${head}
      const { profile, runInScope } = await import('./src/index.ts')
      runInScope('first', () => {})
      const { report } = await profile('second', async () => {
        ${inside}
        const db = new DatabaseSync(':memory:')
        db.prepare('select ? as a').get(1)
      })
      console.log(JSON.stringify([report.scopes[0].queries.count, report.coverage.drivers, report.coverage.warnings]))`
    const { stdout } = await run(execPath, ['--no-warnings', '--input-type=module', '--eval', program], { cwd: root })
    const drivers = [{ name: 'node:sqlite', version: expect.any(String), via: 'patch' }]
    expect(JSON.parse(stdout)).toEqual([1, drivers, []])
  })

  test('it is seen being loaded by a static import of a program that nonplus was there before', async () => {
    const url = new URL('../src/index.ts', import.meta.url).href
    const preload = `data:text/javascript,${encodeURIComponent(`import { runInScope } from '${url}'; runInScope('first', () => {})`)}`
    const program = `
      import { DatabaseSync } from 'node:sqlite'
      import { profile } from './src/index.ts'
      const { report } = await profile('second', () => new DatabaseSync(':memory:').prepare('select 1').all())
      console.log(report.scopes[0].queries.count)`
    const args = ['--no-warnings', '--import', preload, '--input-type=module', '--eval', program]
    expect((await run(execPath, args, { cwd: root })).stdout.trim()).toBe('1')
  })

  test('what nonplus loaded ahead is not taken for loaded by the application, when modules are looked through again', async () => {
    const program = `
      import { setTimeout } from 'node:timers/promises'
      const { profile, runInScope } = await import('./src/index.ts')
      runInScope('first', () => {})
      await setTimeout(1200)
      const { report } = await profile('second', () => {
        const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
        new DatabaseSync(':memory:').prepare('select 1').all()
      })
      console.log(JSON.stringify(report.coverage.drivers.map(({ name }) => name)))`
    const { stdout } = await run(execPath, ['--no-warnings', '--input-type=module', '--eval', program], { cwd: root })
    expect(JSON.parse(stdout)).toEqual(['node:sqlite'])
  })

  test('a program that does not use it does not load it', async () => {
    const program = `
      const { profile } = await import('./src/index.ts')
      await profile('nothing', () => {})
      console.log(process.moduleLoadList.includes('NativeModule sqlite'))`
    const { stdout } = await run(execPath, ['--input-type=module', '--eval', program], { cwd: root })
    expect(stdout.trim()).toBe('false')
  })
})
