import { flushSuite, inTestScope, startSuite } from './suite.ts'
import { loadSuiteConfigSync } from './suite-config.ts'
import { isIdle, SuiteRun } from './suite-run.ts'

/** The parts of a test of mocha that are read. */
interface MochaTest {
  // biome-ignore lint/suspicious/noExplicitAny: as the user wrote it
  fn?: (...args: any[]) => unknown
  readonly file?: string
  titlePath(): string[]
}

/*
 * A root hook plugin of mocha: `--require nonplus/mocha`, or `require` in its configuration. Each test runs as a scope of its
 * own, hooks left out; the main process makes one report at the end. In `--parallel` mode the workers load this as well.
 */
const isWorker = process.env.MOCHA_WORKER_ID !== undefined
const run = isWorker || isIdle() ? undefined : SuiteRun.begin(loadSuiteConfigSync('nonplus/mocha', {}))
startSuite()

/** What mocha runs around each test, in the process that the test runs in. */
export const mochaHooks = {
  /** Exchanges the function of the test, which mocha calls after the hooks. */
  beforeEach(this: { readonly currentTest?: MochaTest }): void {
    const test = this.currentTest
    if (test?.fn === undefined) return
    test.fn = inTestScope({ file: test.file, names: test.titlePath() }, test.fn, test.fn.length > 0)
  },
  async afterAll(): Promise<void> {
    await flushSuite()
  },
}

/** Called by mocha once, in its main process, when all tests have run. */
export async function mochaGlobalTeardown(): Promise<void> {
  await flushSuite()
  const exitCode = (await run?.conclude()) ?? 0
  if (exitCode !== 0) failAtExit(exitCode)
}

/** Mocha sets the code itself when it exits, by a listener that it adds after this one, or by leaving at once. */
function failAtExit(exitCode: number): void {
  const fail = (): void => {
    process.exitCode ||= exitCode
  }
  process.on('exit', fail)
  setImmediate(() => process.on('exit', fail))
}
