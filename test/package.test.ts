import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix, resolve } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { detectors } from '../src/detectors/index.ts'
import { createDatabase } from './create-database.ts'
import { nodeVersions } from './node-versions.ts'

const root = resolve(import.meta.dirname, '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Entries that are code. */
const code: readonly string[] = Object.keys(manifest.exports).filter((path) => !path.endsWith('.json'))

/** Entries that are no use without a test runner, and load a part of it; test/testing runs them in each. */
const ofRunners = /^\.\/(vitest|jest|chai)(\/suite)?$/

/** The others are imported and required below. */
const entries: readonly string[] = code
  .filter((path) => !ofRunners.test(path))
  .map((path) => posix.join('nonplus', path))

/** Vitest loads nothing but ES modules. */
const isEsmOnly = (entry: string): boolean => /vitest/.test(entry)

/**
 * Packed, in bytes. It holds the profiler once, for both formats, not minified, since names in stack traces are worth more
 * than what is left to save after packing; a driver costs about 3 kB, the configuration and `nonplus init` 10 each, plans
 * (their readers, safe runners, 25 kinds and the advisor) 180. Raise it knowingly.
 */
const MAX_SIZE = 480_000

const execute = promisify(execFile)

interface Packed {
  readonly filename: string
  readonly size: number
  readonly files: readonly { readonly path: string }[]
}

const scratch = mkdtempSync(join(tmpdir(), 'nonplus-package-'))
const consumer = mkdtempSync(join(scratch, 'consumer-'))
let tarball: string
let packed: Packed

beforeAll(async () => {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('These tests pack what `npm run build` makes.')
  // without scripts: a build now would take `dist` away from the tests that run beside this one
  const { stdout } = await npm(root, 'pack', '--ignore-scripts', '--json', '--pack-destination', scratch)
  packed = (JSON.parse(stdout) as Packed[])[0] as Packed
  tarball = join(scratch, packed.filename)
  writeFileSync(join(consumer, 'package.json'), '{ "private": true }')
  await npm(consumer, 'install', '--prefix', consumer, '--ignore-scripts', '--prefer-offline', '--no-audit', tarball)
  // the application's driver; the package itself depends on none
  symlinkSync(join(root, 'node_modules/pg'), join(consumer, 'node_modules/pg'), 'junction')
})

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

function npm(cwd: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return execute('npm', args, { cwd, shell: process.platform === 'win32' })
}

/** Standard output of a Node in the project that has the package installed. */
async function node(args: readonly string[], { execPath = process.execPath, env = {} } = {}): Promise<string> {
  const { stdout } = await execute(execPath, args, { cwd: consumer, env: { ...process.env, ...env } })
  return stdout.trim()
}

function read(path: string): string {
  return readFileSync(join(consumer, 'node_modules/nonplus', path), 'utf8')
}

/** Files of the build that a file loads or, where it is a declaration, names. */
function loadedBy(path: string): string[] {
  const names = [...read(path).matchAll(/["'](\.{1,2}\/[^"'\s]+\.c?js)["']/g)]
  return names.map(([, name = '']) => {
    const target = posix.join(posix.dirname(path), name)
    return /\.d\.c?ts$/.test(path) ? target.replace(/\.(c?)js$/, '.d.$1ts') : target
  })
}

/** Every path that package.json points to, however deep. */
function targetsIn(value: unknown): string[] {
  if (typeof value === 'string') return [posix.normalize(value)]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(targetsIn) : []
}

describe('the tarball', () => {
  test('holds the build, the schemas, a page per detector and the papers, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path).sort()
    const pages = paths.filter((path) => path.startsWith('src/'))
    expect(paths.filter((path) => !path.startsWith('dist/') && !pages.includes(path))).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'package.json',
      'schema/config.json',
      'schema/diff.json',
      'schema/report.json',
    ])
    expect(pages).toEqual(detectors.map(({ kind }) => `src/detectors/${kind}.md`).sort())
    // no source maps: they would point to sources that are not here, and the code is readable as it is
    expect(paths.filter((path) => path.startsWith('dist/') && !/^[\w/-]+(\.d)?\.c?[jt]s$/.test(path))).toEqual([])
  })

  test('holds no file of the build that nothing loads, and every file that something loads', () => {
    const { exports, bin, main, module, types, typesVersions } = manifest
    const reached = new Set<string>()
    const visit = (path: string): void => {
      if (reached.has(path)) return
      reached.add(path)
      if (/\.c?[jt]s$/.test(path)) loadedBy(path).forEach(visit)
    }
    targetsIn({ exports, bin, main, module, types, typesVersions }).forEach(visit)
    const built = packed.files.map(({ path }) => path).filter((path) => path.startsWith('dist/'))
    expect([...reached].filter((path) => path.startsWith('dist/')).sort()).toEqual(built.sort())
  })

  test(`is smaller than ${MAX_SIZE / 1000} kB`, () => {
    expect(packed.size).toBeLessThan(MAX_SIZE)
  })

  test('has no message from publint', async () => {
    const bytes = readFileSync(tarball)
    const { messages } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true })
    expect(messages).toEqual([])
  })

  test('has the right types for every entry, in ESM, in CommonJS and for old resolution', async () => {
    const esmOnly = code.filter(isEsmOnly).map((path) => path.slice('./'.length))
    const cli = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js')
    const { stdout } = await execute(
      process.execPath,
      [cli, tarball, '--no-definitely-typed', '--format', 'json', '--exclude-entrypoints', ...esmOnly],
      { maxBuffer: 64 * 1024 * 1024 },
    ).catch((error: { stdout: string }) => error)
    const { problems, analysis } = JSON.parse(stdout)
    expect(problems).toEqual({})
    expect(Object.keys(analysis.entrypoints)).toEqual(Object.keys(manifest.exports).filter((path) => !isEsmOnly(path)))
  })
})

describe('installed', () => {
  const calls = 'createProfiler,profile,runInScope,ignore,nameScope,instrument,defineConfig,NonplusError'
  const check = `for (const name of '${calls}'.split(',')) if (typeof nonplus[name] !== 'function') throw new Error(name)`

  describe.each(nodeVersions)('on Node $version', ({ execPath }) => {
    test.each(entries)('%s can be imported and required', async (entry) => {
      const body = entry === 'nonplus' ? check : ''
      const imported = `const nonplus = await import('${entry}'); ${body}; console.log('imported')`
      const required = `const nonplus = require('${entry}'); ${body}; console.log('required')`
      expect(await node(['--input-type=module', '--eval', imported], { execPath })).toBe('imported')
      if (!isEsmOnly(entry)) expect(await node(['--eval', required], { execPath })).toBe('required')
    })

    test('is preloaded without a word, as ESM and as CommonJS', async () => {
      for (const flag of ['--import', '--require']) {
        const child = await execute(execPath, [flag, 'nonplus/register', '--eval', 'console.log(6 * 7)'], {
          cwd: consumer,
        })
        expect(child).toEqual({ stdout: '42\n', stderr: '' })
      }
    })
  })

  test('npx runs the command', async () => {
    const { stdout } = await npm(consumer, 'exec', '--prefix', consumer, '--no', '--', 'nonplus', '--version')
    expect(stdout.trim()).toBe(manifest.version)
  })

  test('what is imported and what is required is one copy', async () => {
    const same = entries.filter((entry) => !isEsmOnly(entry)).map((entry) => `'${entry}'`)
    const program = `
      import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      for (const entry of [${same.join()}]) {
        const [imported, required] = [await import(entry), require(entry)]
        const names = Object.keys(required).filter((name) => imported[name] !== required[name])
        const isSame = names.length === 0 || imported.default === required
        console.log(entry, isSame ? 'one copy' : names.join())
      }
    `
    const told = await node(['--input-type=module', '--eval', program])
    expect(told.split('\n')).toEqual(entries.filter((entry) => !isEsmOnly(entry)).map((entry) => `${entry} one copy`))
  })

  test('two copies in one process share one state', async () => {
    cpSync(join(consumer, 'node_modules/nonplus'), join(consumer, 'other/node_modules/nonplus'), { recursive: true })
    const program = `
      import { createRequire } from 'node:module'
      import * as one from 'nonplus'
      const other = createRequire(process.cwd() + '/other/noop.js')('nonplus')
      if (other.profile === one.profile) throw new Error('one copy: this shows nothing')
      const watchers = [one.createProfiler(), other.createProfiler()]
      const { default: pg } = await import('pg')
      const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
      for (const { profile } of [one, other]) {
        const { report } = await profile('one', () => pool.query('select 1 as one'))
        if (report.scopes[0].queries.count !== 1) throw new Error('counted ' + report.scopes[0].queries.count)
      }
      await one.profile('left out', () => other.ignore('by the other copy', () => pool.query('select 2')))
      await pool.end()
      const reports = watchers.map((watcher) => watcher.report())
      console.log(JSON.stringify(reports.map(({ scopes, coverage }) => [scopes.map((s) => s.id), coverage])))
    `
    const env = { DATABASE_URL: await createDatabase('package') }
    const [fromOne, fromOther] = JSON.parse(await node(['--input-type=module', '--eval', program], { env }))
    expect(fromOther).toEqual(fromOne)
    expect(fromOne).toMatchObject([
      [expect.any(String), expect.any(String)],
      {
        seen: 3,
        attributed: 2,
        drivers: [{ name: 'pg' }, { name: 'pg-pool' }],
        warnings: ['1 statement left out by ignore(): by the other copy'],
      },
    ])
  })

  test('its types hold in ESM and in CommonJS', async () => {
    const body = `
defineConfig({ detectors: { 'n-plus-one': { threshold: 10 }, 'duplicate-query': false }, only: ['n-plus-one'] })
defineConfig({ failOn: ['error', 'n-plus-one'], reporters: ['console', ['json', 'report.json']], baseline: 'known.json' })
// @ts-expect-error no such reporter
defineConfig({ reporters: ['jsn'] })
// @ts-expect-error it is no option of a profiler
createProfiler({ failOn: ['error'] })
// @ts-expect-error no such option
defineConfig({ detectors: { 'n-plus-one': { treshold: 10 } } })
// @ts-expect-error no such kind
createProfiler({ ignore: ['n-plus-on'] })
export async function main(): Promise<string> {
  const { result, report } = await profile('sum', () => 40 + 2)
  const sum: number = result
  const whole: Report = createProfiler({ http: false, callSites: 'repeated' }).report()
  const told = [...report.findings, ...whole.findings].map((finding: Finding) =>
    finding.kind === 'n-plus-one' ? (finding.parent?.column ?? '') : String(finding.statement.text),
  )
  return [sum, ...told].join()
}
`
    const imports = {
      'consumer.mts': `import { createProfiler, defineConfig, profile, type Finding, type Report } from 'nonplus'
import 'nonplus/register'`,
      'consumer.cts': `import nonplus = require('nonplus')
import register = require('nonplus/register')
const { createProfiler, defineConfig, profile } = nonplus
type Finding = nonplus.Finding
type Report = nonplus.Report
export type Settings = register.RunSettings`,
    }
    for (const [file, head] of Object.entries(imports)) writeFileSync(join(consumer, file), head + body)
    const compilerOptions = { module: 'nodenext', target: 'es2023', strict: true, noEmit: true, types: [] }
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(imports) }))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = await execute(process.execPath, [tsc], { cwd: consumer }).catch((error) => error)
    expect(stdout).toBe('')
  })
})
