import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type NodeVersion, nodeVersions } from '../../node-versions.ts'
import { type Outcome, Project } from '../project.ts'

const [node] = nodeVersions as [NodeVersion]
const hasTerminal = spawnSync('script', ['--version']).status === 0

let project: Project
let cli: string

beforeAll(async () => {
  project = await Project.create()
  mkdirSync(project.path('.git'))
  cli = project.path('node_modules/nonplus/dist/cli/index.js')
  chmodSync(cli, 0o755)
  mkdirSync(project.path('node_modules/.bin'), { recursive: true })
  symlinkSync(cli, project.path('node_modules/.bin/nonplus'))
  if (!hasTerminal) process.stderr.write('No `script` (util-linux): nonplus init is not tried on a terminal.\n')
})

afterAll(() => project.remove())

function init(...args: string[]): Promise<Outcome> {
  return project.start(node, ['node', cli, 'init', ...args]).outcome
}

/** Calls it on a terminal of 100 columns, and presses a key at each question. */
async function initOnTerminal(keys: readonly (readonly [question: string, key: string])[]): Promise<Outcome> {
  const command = `stty cols 100 rows 40; exec "${node.execPath}" "${cli}" init`
  const running = project.start(node, ['script', '--quiet', '--return', '--command', command, '/dev/null'])
  for (const [question, key] of keys) {
    await expect.poll(() => stripVTControlCharacters(running.stdout()), { timeout: 20_000 }).toContain(question)
    running.process.stdin?.write(key)
  }
  const outcome = await running.outcome
  return { ...outcome, stdout: stripVTControlCharacters(outcome.stdout).replaceAll('\r', '') }
}

test('without a terminal it asks nothing, and writes nothing', async () => {
  const before = project.read('package.json')
  expect(await init()).toEqual({
    end: 2,
    stdout: '',
    stderr:
      'nonplus: nonplus init asks before it writes, and standard input is no terminal. Use --yes to take all ' +
      'suggestions, or --dry-run to see them.\n',
  })
  expect(project.read('package.json')).toBe(before)
})

test.skipIf(!hasTerminal)('on a terminal it can be left', async () => {
  const before = project.read('package.json')
  const { end, stdout } = await initOnTerminal([['What do you want?', '\u0003']])
  expect(end).toBe(130)
  expect(stdout).toContain('Nothing was changed.')
  expect(project.read('package.json')).toBe(before)
})

test.skipIf(!hasTerminal)('on a terminal it writes what was chosen, shown and agreed to', async () => {
  // leaves out the first suggestion, the configuration
  const { end, stdout } = await initOnTerminal([
    ['What do you want?', ' \r'],
    ['Write package.json?', '\r'],
  ])
  expect(end).toBe(0)
  expect(stdout).toContain('"start:nonplus": "nonplus run -- npm run start"')
  expect(stdout).toContain('Written: package.json')
  expect(project.read('nonplus.config.ts')).toBe('')
})

test('--yes writes the rest, and what it wrote works', async () => {
  const { end, stdout } = await init('--yes')
  expect(end).toBe(0)
  expect(stdout).toContain('Written: nonplus.config.')
  const run = await project.start(node, ['npm', 'run', 'start:nonplus']).outcome
  expect(run).toMatchObject({ end: 0, stderr: expect.stringContaining('n-plus-one (proven)') })
  const doctor = await project.start(node, ['node', cli, 'doctor']).outcome
  expect(doctor.stdout).toMatch(/^config +nonplus\.config\.\w+: failOn, ignore$/m)
})
