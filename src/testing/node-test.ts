import { afterEach, beforeEach } from 'node:test'
import { isMainThread } from 'node:worker_threads'
import type { Scope } from '../instrument/scope.ts'
import { closeTestWindow, flushSuite, isOff, openTestWindow, startSuite } from './suite.ts'
import { loadSuiteConfigSync } from './suite-config.ts'
import { isIdle, SuiteRun } from './suite-run.ts'

/** The parts of a test context that are read. */
interface TestContext {
  readonly name: string
  readonly fullName?: string
  readonly filePath?: string
}

/*
 * Side effect: `node --require nonplus/node-test --test`, for ES modules too: the process that starts the files loads nothing that
 * is named by `--import`, and it is the one that makes a report of them all. In the process of a file each test is a window, since nothing lets a preloaded module run a test inside a scope.
 */
const isRunner = process.execArgv.includes('--test') && process.env.NODE_TEST_CONTEXT === undefined

if (isRunner) {
  if (!isIdle()) reportAtEnd(SuiteRun.begin(loadSuiteConfigSync('nonplus/node-test', {})))
}
// a hook makes a test run of its process, so not in threads of a test, and where no file runs
else if (!isOff() && isMainThread && process.argv[1] !== undefined) watchTests()

function reportAtEnd(run: SuiteRun | undefined): void {
  let isDone = false
  process.on('beforeExit', async () => {
    if (isDone) return
    isDone = true
    const exitCode = (await run?.conclude()) ?? 0
    if (exitCode !== 0) process.exitCode ||= exitCode
  })
}

function watchTests(): void {
  startSuite()
  const windows = new Map<unknown, Scope>()
  beforeEach((context) => {
    const test = context as TestContext
    windows.set(
      context,
      openTestWindow({ file: test.filePath ?? process.argv[1], names: [test.fullName ?? test.name] }),
    )
  })
  afterEach((context) => {
    const window = windows.get(context)
    windows.delete(context)
    if (window !== undefined) closeTestWindow(window)
    return flushSuite()
  })
}
