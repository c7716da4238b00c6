import type { NonplusConfig } from '../config.ts'
import { loadSuiteConfigSync } from './suite-config.ts'
import { isIdle, SuiteRun } from './suite-run.ts'

/**
 * Reporter of Jest that makes one report of what all test files of a run sent. In the configuration, after the others:
 * `reporters: ['default', ['nonplus/jest/reporter', { failOn: ['error'] }]]`.
 */
export default class NonplusReporter {
  readonly #run: SuiteRun | undefined
  #exitCode: 0 | 1 | 2 = 0

  constructor(_globalConfig: unknown, config: NonplusConfig = {}) {
    if (isIdle()) return
    this.#run = SuiteRun.begin(loadSuiteConfigSync('nonplus/jest/reporter', config))
  }

  async onRunComplete(): Promise<void> {
    this.#exitCode = (await this.#run?.conclude()) ?? 0
  }

  /** Makes Jest fail. */
  getLastError(): Error | undefined {
    if (this.#exitCode === 0) return undefined
    return new Error(this.#exitCode === 1 ? 'nonplus: findings that fail the run.' : 'nonplus: there is no report.')
  }
}
