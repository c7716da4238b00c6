import { chmodSync, readFileSync, rmSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import esbuild from 'esbuild'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type NodeVersion, nodeVersions } from '../node-versions.ts'
import { Project } from './project.ts'

let project: Project

beforeAll(async () => {
  project = await Project.create()
  compile()
  await bundle()
  makeMonorepo()
})

function compile(): void {
  project.write('compiled/src/typed.ts', readFileSync(project.path('typed.ts'), 'utf8'))
  project.write('compiled/package.json', '{ "type": "module" }')
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      target: 'es2022',
      module: 'nodenext',
      sourceMap: true,
      rootDir: 'src',
      outDir: 'dist',
      types: ['node'],
      noCheck: true,
    },
    project.path('compiled'),
  )
  const { emitSkipped } = ts.createProgram([project.path('compiled/src/typed.ts')], options).emit()
  expect(emitSkipped).toBe(false)
}

// of a source that is not there when the bundle runs
async function bundle(): Promise<void> {
  project.write('gone/typed.ts', readFileSync(project.path('typed.ts'), 'utf8'))
  await esbuild.build({
    entryPoints: [project.path('gone/typed.ts')],
    outfile: project.path('bundle.mjs'),
    bundle: true,
    external: ['pg'],
    format: 'esm',
    minify: true,
    platform: 'node',
    sourcemap: 'inline',
  })
  rmSync(project.path('gone'), { recursive: true })
}

function makeMonorepo(): void {
  const posts = readFileSync(project.path('posts.mjs'), 'utf8')
  for (const folder of ['packages/own', 'node_modules/from-registry']) {
    project.write(`${folder}/index.mjs`, posts)
    project.write(`${folder}/package.json`, JSON.stringify({ type: 'module', main: 'index.mjs' }))
  }
  project.link('@app/own', project.path('packages/own'))
}

afterAll(() => project.remove())

/** What a report says, for comparison: findings with their line, scopes with their number of queries. */
function essence(file: string): { findings: string[]; scopes: string[]; coverage: string[] } {
  const { findings, scopes, coverage } = project.readReport(file)
  return {
    findings: findings.map(({ kind, confidence, count, callSite }) => {
      return `${count} × ${kind} (${confidence}) ${callSite?.file}:${callSite?.line}`
    }),
    scopes: scopes.map(({ name, queries }) => `${name}: ${queries.count}`),
    coverage: [
      `${coverage.seen} seen, ${coverage.attributed} attributed, ${coverage.withCallSite} located`,
      ...coverage.warnings,
    ],
  }
}

/** How often findings and summaries are on the screen. */
function shown(stderr: string): { inFull: number; again: number; summaries: number } {
  const headlines = stderr.match(/^\w+ n-plus-one \(\w+\).*/gm) ?? []
  const again = headlines.filter((line) => line.includes(' again, ')).length
  const summaries = stderr.match(/statements? seen|No driver was hooked|^Hooked:/gm)?.length ?? 0
  return { inFull: headlines.length - again, again, summaries }
}

describe.each(nodeVersions)('Node $version', (node) => {
  const cases: [what: string, command: string[], place: [string, string?]][] = [
    ['an ESM program', ['node', 'esm.mjs'], ['posts.mjs']],
    ['a CommonJS program', ['node', 'cjs.cjs'], ['cjs.cjs']],
    ['TypeScript through --import tsx', ['node', '--import', 'tsx', 'typed.ts'], ['typed.ts']],
    ['TypeScript through the tsx command', ['tsx', 'typed.ts'], ['typed.ts']],
    ['npm start', ['npm', 'start'], ['posts.mjs']],
    ['a shell line', ['sh', '-c', 'node esm.mjs && echo and more'], ['posts.mjs']],
  ]
  test.each(cases)('%s: the finding is at its line', async (what, command, place) => {
    const file = `${what}.json`
    const { end, stdout, stderr } = await project.run(node, ['--reporter', `json=${file}`, '--', ...command])
    expect({ end, stderr }).toMatchObject({ end: 0 })
    expect(stdout).toContain('done\n')
    expect(essence(file)).toEqual({
      findings: [`5 × n-plus-one (proven) ${project.place(...place)}`],
      scopes: ['GET /posts: 6'],
      coverage: ['6 seen, 6 attributed, 6 located'],
    })
    expect(shown(stderr)).toEqual({ inFull: 1, again: 0, summaries: 1 })
  })

  test('forked processes, threads and cluster workers are one run', async () => {
    const { end, stdout, stderr } = await project.run(node, [
      '--reporter',
      'json=many.json',
      '--',
      'node',
      'processes.mjs',
    ])
    expect({ end, stderr }).toMatchObject({ end: 0 })
    expect(stdout.match(/^done$/gm)).toHaveLength(4)
    const finding = `5 × n-plus-one (proven) ${project.place('posts.mjs')}`
    expect(essence('many.json')).toEqual({
      findings: Array(4).fill(finding),
      scopes: Array(4).fill('GET /posts: 6'),
      coverage: ['24 seen, 24 attributed, 24 located'],
    })
    const ids = project.readReport('many.json').scopes.map(({ id }) => id)
    expect(new Set(ids).size).toBe(4)
    expect(shown(stderr)).toEqual({ inFull: 1, again: 3, summaries: 1 })
  })

  test('paths are relative to where nonplus was started, wherever the program goes', async () => {
    project.write('elsewhere/.keep', '')
    const command = ['sh', '-c', 'cd elsewhere && exec node ../esm.mjs']
    const { stderr } = await project.run(node, ['--reporter', 'json=elsewhere.json', '--', ...command])
    expect(essence('elsewhere.json').findings).toEqual([`5 × n-plus-one (proven) ${project.place('posts.mjs')}`])
    expect(stderr).toMatch(/(?<![./])posts\.mjs:\d+/)
    expect(stderr).not.toContain('../posts.mjs')
  })

  test.each([
    ['with --enable-source-maps', ['--enable-source-maps']],
    ['without a flag', []],
  ])('compiled TypeScript %s: the finding is at the line of the source', async (what, flags) => {
    const command = ['node', ...flags, 'compiled/dist/typed.js']
    const { end, stderr } = await project.run(node, ['--reporter', `json=compiled ${what}.json`, '--', ...command])
    expect({ end, stderr }).toMatchObject({ end: 0 })
    expect(essence(`compiled ${what}.json`)).toEqual({
      findings: [`5 × n-plus-one (proven) ${project.place('compiled/src/typed.ts')}`],
      scopes: ['GET /posts: 6'],
      coverage: ['6 seen, 6 attributed, 6 located'],
    })
  })

  test('a bundle with its map inside: the finding is at the line of the source, and shows it', async () => {
    const reporters = ['--reporter', 'json=bundle.json', '--reporter', 'console=bundle.txt']
    const { end, stderr } = await project.run(node, [...reporters, '--', 'node', 'bundle.mjs'])
    expect({ end, stderr }).toMatchObject({ end: 0 })
    const [file, line] = project.place('typed.ts').split(':')
    expect(essence('bundle.json').findings).toEqual([`5 × n-plus-one (proven) gone/${file}:${line}`])
    for (const text of [stderr, readFileSync(project.path('bundle.txt'), 'utf8')]) {
      expect(text).toMatch(/> 2\d \|.*await pool\.query<Author>/)
    }
  })

  test('a package of a monorepo is the application, a package from the registry is not', async () => {
    const { end, stderr } = await project.run(node, ['--reporter', 'json=mono.json', '--', 'node', 'mono.mjs'])
    expect({ end, stderr }).toMatchObject({ end: 0 })
    expect(essence('mono.json').findings.sort()).toEqual([
      `5 × n-plus-one (proven) ${project.place('mono.mjs', '// through the registry')}`,
      `5 × n-plus-one (proven) ${project.place('packages/own/index.mjs')}`,
    ])
  })
})

describe.each(nodeVersions)('the end of a program on Node $version', (node) => {
  test.each([
    ['drain', 0],
    ['exit 0', 0],
    ['exit 3', 3],
    ['exitCode 4', 4],
    ['throw', 1],
    ['reject', 1],
    ['SIGKILL', 'SIGKILL'],
    ['SIGTERM', 'SIGTERM'],
  ])('%s: nonplus ends as the program does, and has what it saw', async (ending, end) => {
    const outcome = await project.run(node, ['--reporter', `json=${ending}.json`, '--', 'node', 'ending.mjs', ending])
    expect(outcome).toMatchObject({ end, stdout: `ready to ${ending}\n` })
    expect(essence(`${ending}.json`).scopes).toEqual(['GET /posts: 6'])
    expect(shown(outcome.stderr)).toEqual({ inFull: 1, again: 0, summaries: 1 })
    expect(project.leftovers()).toEqual([])
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('%s reaches a program that stops gracefully, once', async (signal) => {
    const running = project.startRun(node, ['--', 'node', 'ending.mjs', 'stop gracefully'])
    await expect.poll(running.stdout, { timeout: 20_000 }).toContain('ready')
    running.process.kill(signal)
    const { end, stdout, stderr } = await running.outcome
    expect({ end, stdout }).toEqual({ end: 0, stdout: `ready to stop gracefully\n${signal}: stopping\nstopped\n` })
    expect(shown(stderr)).toEqual({ inFull: 1, again: 0, summaries: 1 })
    expect(project.leftovers()).toEqual([])
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends a program that does not listen', async (signal) => {
    const running = project.startRun(node, ['--', 'node', 'ending.mjs', 'wait'])
    await expect.poll(running.stdout, { timeout: 20_000 }).toContain('ready')
    running.process.kill(signal)
    const { end, stderr } = await running.outcome
    expect(end).toBe(signal)
    expect(shown(stderr)).toEqual({ inFull: 1, again: 0, summaries: 1 })
    expect(project.leftovers()).toEqual([])
  })
})

const [node] = nodeVersions as [NodeVersion]

test.each([
  ['a program', ['node', 'ending.mjs', 'stop gracefully'], '.'],
  ['npm start', ['npm', 'start'], 'npm'],
])('Ctrl-C in a terminal reaches %s once, and lets it stop gracefully', async (_what, command, cwd) => {
  project.write('npm/package.json', JSON.stringify({ scripts: { start: 'node ../ending.mjs "stop gracefully"' } }))
  const line = [process.execPath, project.path('node_modules/nonplus/dist/cli/index.js'), 'run', '--', ...command]
  // util-linux: a terminal of its own, whose keys come from standard input
  const quoted = `exec ${line.map((word) => `'${word}'`).join(' ')}`
  const running = project.start(node, ['script', '-qec', quoted, '/dev/null'], { cwd })
  await expect.poll(running.stdout, { timeout: 20_000 }).toContain('ready to stop')
  running.process.stdin?.write('\u0003')
  await running.outcome
  const screen = stripVTControlCharacters(running.stdout()).replaceAll('\r', '')
  expect(screen).toContain('SIGINT: stopping\nstopped\n')
  expect(screen).not.toContain('signalled again')
  expect(screen.indexOf('statements seen')).toBeGreaterThan(screen.indexOf('stopped'))
  expect(screen).toContain('6 statements seen')
  expect(project.leftovers()).toEqual([])
})

describe('the gate', () => {
  test.each([
    ['error', 'drain', 1],
    ['warning', 'drain', 1],
    ['n-plus-one', 'drain', 1],
    ['duplicate-query', 'drain', 0],
    ['duplicate-query,info', 'drain', 1],
    ['error', 'exit 3', 3],
    ['error', 'SIGTERM', 'SIGTERM'],
  ])('--fail-on %s, and the program ends with %s: %s', async (failOn, ending, end) => {
    const outcome = await project.run(node, ['--fail-on', failOn, '--', 'node', 'ending.mjs', ending])
    expect(outcome.end).toBe(end)
  })

  test.each([[['--ignore', 'n-plus-one']], [['--only', 'duplicate-query']]])('%j leaves the N+1 out', async (flags) => {
    const { end, stderr } = await project.run(node, [...flags, '--fail-on', 'info', '--', 'node', 'ending.mjs'])
    expect(end).toBe(0)
    expect(shown(stderr)).toEqual({ inFull: 0, again: 0, summaries: 1 })
    expect(stderr).toContain('No findings in 1 scope.')
  })
})

describe('wrong usage ends with 2 before the program starts', () => {
  test.each<[args: string[], message: string]>([
    [['--reporter', 'jsn'], 'nonplus: Unknown reporter: `jsn`. Did you mean `json`?\n'],
    [['--reporter', 'json='], 'nonplus: --reporter json= names no file after the `=`.\n'],
    [
      ['--reporter', 'json=a', '--reporter', 'console=a'],
      'nonplus: Two reporters cannot both write to `<project>/a`. Give one a file: --reporter console=<file>.\n',
    ],
    [
      ['--reporter', 'json=package.json/report.json'],
      'nonplus: Cannot write the json report to <project>/package.json/report.json: ENOTDIR: not a directory',
    ],
    [['--fail-on', 'eror'], 'nonplus: Unknown severity or kind in --fail-on: `eror`. Did you mean `error`?\n'],
    [['--fail-on', 'error,zzz'], 'nonplus: Unknown severity or kind in --fail-on: `zzz`. Valid: '],
    [['--only', 'n-plus-on'], 'nonplus: Unknown kind: `n-plus-on`. Did you mean `n-plus-one`?\n'],
    [['--ignore', ''], 'nonplus: Unknown kind: ``. Valid: '],
    [['--reportr', 'json'], "error: unknown option '--reportr'\n(Did you mean --reporter?)\n"],
  ])('%j', async (args, message) => {
    const { end, stdout, stderr } = await project.run(node, [...args, '--', 'node', 'esm.mjs'])
    expect({ end, stdout }).toEqual({ end: 2, stdout: '' })
    expect(stderr.replaceAll(project.folder, '<project>')).toContain(message)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(project.leftovers()).toEqual([])
  })

  test('no command', async () => {
    const { end, stdout, stderr } = await project.run(node, [])
    expect({ end, stdout }).toEqual({ end: 2, stdout: '' })
    expect(stderr).toContain('Usage: nonplus run [options] -- <command …>')
  })

  test('a misspelt command of nonplus', async () => {
    const cli = project.path('node_modules/nonplus/dist/cli/index.js')
    const { end, stdout, stderr } = await project.start(node, ['node', cli, 'rnu', '--', 'node', 'esm.mjs']).outcome
    expect({ end, stdout }).toEqual({ end: 2, stdout: '' })
    expect(stderr.match(/did you mean run/gi)).toHaveLength(1)
  })
})

test.each([
  ['no-such-program', 127, 'nonplus: Cannot run `no-such-program`: there is no such program.\n'],
  ['./package.json', 126, 'nonplus: Cannot run `./package.json`: spawn ./package.json EACCES.\n'],
])('%s cannot be started: %i', async (program, end, stderr) => {
  expect(await project.run(node, ['--', program])).toEqual({ end, stdout: '', stderr })
  expect(project.leftovers()).toEqual([])
})

describe('reports', () => {
  const validate = new Ajv2020({ strict: false })
  formats.default(validate)
  const isReport = validate.compile(
    JSON.parse(readFileSync(new URL('../../schema/report.json', import.meta.url), 'utf8')),
  )

  test('--reporter json: standard output is the report alone, what the program prints goes to standard error', async () => {
    const { end, stdout, stderr } = await project.run(node, ['--reporter', 'json', '--', 'node', 'esm.mjs'])
    expect(end).toBe(0)
    const report = JSON.parse(stdout)
    expect(isReport(report), JSON.stringify(isReport.errors)).toBe(true)
    expect(report.findings).toHaveLength(1)
    expect(stderr).toMatch(/^done$/m)
    expect(shown(stderr)).toEqual({ inFull: 1, again: 0, summaries: 1 })
  })

  test('several at once, in folders that are made', async () => {
    const flags = [
      '--reporter',
      'console',
      '--reporter',
      'json=out/a/report.json',
      '--reporter',
      'console=out/report.txt',
    ]
    const { stdout, stderr } = await project.run(node, [...flags, '--', 'node', 'esm.mjs'], {
      env: { FORCE_COLOR: '1' },
    })
    expect(stdout).toBe('done\n')
    expect(shown(stripVTControlCharacters(stderr))).toEqual({ inFull: 1, again: 0, summaries: 1 })
    const report = project.readReport('out/a/report.json')
    expect(isReport(report), JSON.stringify(isReport.errors)).toBe(true)
    const text = readFileSync(project.path('out/report.txt'), 'utf8')
    expect(text).toBe(stripVTControlCharacters(text))
    expect(shown(text)).toEqual({ inFull: 1, again: 0, summaries: 1 })
  })

  test('--quiet prints nothing but what a reporter writes', async () => {
    const silent = await project.run(node, ['--quiet', '--reporter', 'json=quiet.json', '--', 'node', 'esm.mjs'])
    expect(silent).toEqual({ end: 0, stdout: 'done\n', stderr: '' })
    expect(essence('quiet.json').findings).toHaveLength(1)
    const { stdout, stderr } = await project.run(node, ['--quiet', '--reporter', 'console', '--', 'node', 'esm.mjs'])
    expect(stderr).toBe('done\n')
    expect(shown(stdout)).toEqual({ inFull: 1, again: 0, summaries: 1 })
  })

  test.each<[what: string, flags: string[], env: NodeJS.ProcessEnv, isColored: boolean]>([
    ['a pipe', [], {}, false],
    ['FORCE_COLOR=1', [], { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, false],
    ['NO_COLOR=1', [], { NO_COLOR: '1' }, false],
    ['--no-color over FORCE_COLOR', ['--no-color'], { FORCE_COLOR: '1' }, false],
  ])('colour: %s', async (_what, flags, env, isColored) => {
    const { stderr } = await project.run(node, [...flags, '--', 'node', 'esm.mjs'], { env })
    const finding = stderr.split('\n').filter((line) => line.includes('n-plus-one'))[0] ?? ''
    const summary = stderr.split('\n').filter((line) => line.includes('statements seen'))[0] ?? ''
    expect([finding, summary].map((line) => line !== stripVTControlCharacters(line))).toEqual([isColored, isColored])
  })

  test('--no-color is for nonplus, and does not change the environment of the program', async () => {
    const command = ['node', '-p', 'String(process.env.NO_COLOR)']
    expect((await project.run(node, ['--no-color', '--', ...command])).stdout).toBe('undefined\n')
  })
})

describe('the environment', () => {
  test('NODE_OPTIONS of the user are kept', async () => {
    project.write('first.cjs', 'console.log("first")')
    const env = { NODE_OPTIONS: '--require ./first.cjs --stack-trace-limit=7' }
    const command = ['node', '-e', 'console.log(Error.stackTraceLimit)']
    const { end, stdout } = await project.run(node, ['--', ...command], { env })
    // nonplus itself is a Node.js program, too
    expect({ end, stdout }).toEqual({ end: 0, stdout: 'first\nfirst\n7\n' })
  })

  test('a run in a run counts and prints once, and keeps its own reports and gate', async () => {
    const inner = ['nonplus', 'run', '--reporter', 'json=inner.json', '--fail-on', 'error', '--', 'node', 'esm.mjs']
    project.link('.bin/nonplus', project.path('node_modules/nonplus/dist/cli/index.js'))
    chmodSync(project.path('node_modules/nonplus/dist/cli/index.js'), 0o755)
    const { end, stderr } = await project.run(node, ['--reporter', 'json=outer.json', '--', ...inner])
    expect(end).toBe(1)
    expect(shown(stderr)).toEqual({ inFull: 1, again: 0, summaries: 1 })
    expect(essence('inner.json')).toEqual(essence('outer.json'))
    expect(essence('outer.json').coverage).toEqual(['6 seen, 6 attributed, 6 located'])
    expect(project.leftovers()).toEqual([])
  })

  test('NONPLUS=0: the program runs as without nonplus, and nonplus says so', async () => {
    const command = [
      'node',
      '-e',
      'console.log(process.env.NODE_OPTIONS, process.listenerCount("exit")); process.exit(3)',
    ]
    expect(await project.run(node, ['--', ...command], { env: { NONPLUS: '0' } })).toEqual({
      end: 3,
      stdout: 'undefined 0\n',
      stderr: 'nonplus: NONPLUS=0 is set: the program runs unwatched, and there is no report.\n',
    })
  })
})
