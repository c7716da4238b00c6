import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { concludeRun } from '../conclude-run.ts'
import type { NonplusConfig } from '../config.ts'
import { contextOf } from '../live-console.ts'
import { outerRun } from '../outer-run.ts'
import { openOutputs, wantsTimeline } from '../output.ts'
import type { RunSettings } from '../register.ts'
import { console } from '../reporters/console.ts'
import { type RunPlan, runPlanOf } from '../run-plan.ts'
import { writeText } from '../write-text.ts'
import { isOff } from './suite.ts'

/** True where a run has nothing to do: watching is off, or a run around this one reports. */
export function isIdle(): boolean {
  return isOff() || outerRun() !== undefined
}

/**
 * A run of a whole test suite, seen from the process that starts the tests: it gives the processes of the tests a folder for
 * their logs, and at the end makes one report of them.
 */
export class SuiteRun {
  readonly #folder: string
  readonly #plan: RunPlan

  /**
   * @returns undefined where {@link isIdle}.
   * @throws NonplusError where a report cannot be written, or the baseline not be read.
   */
  static begin(config: NonplusConfig): SuiteRun | undefined {
    return isIdle() ? undefined : new SuiteRun(runPlanOf(config))
  }

  private constructor(plan: RunPlan) {
    this.#plan = plan
    openOutputs(plan.outputs)
    this.#folder = mkdtempSync(join(tmpdir(), 'nonplus-suite-'))
    const { options, color, outputs } = plan
    const settings: RunSettings = {
      folder: this.#folder,
      live: false,
      color,
      cwd: process.cwd(),
      timeline: outputs.some(wantsTimeline),
      options,
    }
    process.env.NONPLUS_RUN = JSON.stringify(settings)
    process.once('exit', () => rmSync(this.#folder, { recursive: true, force: true }))
  }

  /**
   * Writes the reports of what ran since the last time, and prints the findings.
   *
   * @returns 1 where the gate found what it was to fail on; 2 where there is no report, after a message.
   */
  async conclude(): Promise<0 | 1 | 2> {
    try {
      const { report, exitCode } = await concludeRun(this.#folder, { ...this.#plan, isQuiet: true })
      if (!this.#plan.isQuiet && report.scopes.length > 0) {
        writeText(2, `\n${console(report, contextOf(process.stderr, { color: this.#plan.color }))}`)
      }
      // the next run of a watching runner has logs of its own
      for (const name of readdirSync(this.#folder)) rmSync(join(this.#folder, name))
      return exitCode
    } catch (error) {
      writeText(2, `nonplus: ${(error as Error).message}\n`)
      return 2
    }
  }
}
