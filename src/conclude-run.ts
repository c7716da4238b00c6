import { applyBaseline } from './baseline.ts'
import { type FailOn, gateExitCode } from './gate.ts'
import { LiveConsole } from './live-console.ts'
import type { Baseline } from './model/baseline.ts'
import type { Report } from './model/report.ts'
import { isWanted, type ProfilerOptions } from './options.ts'
import { handOver, outerRun } from './outer-run.ts'
import { type Output, writeOutput } from './output.ts'
import { readRunLogs } from './run-report.ts'

/** What is done with what the processes of a run have left. */
export interface ConclusionPlan {
  readonly outputs: readonly Output[]
  readonly failOn: readonly FailOn[]
  /** What it tolerates does not fail the gate, and is a line each in the summary. */
  readonly baseline?: Baseline | undefined
  /** Kinds that were looked for. */
  readonly options?: Pick<ProfilerOptions, 'only' | 'ignore'>
  /** True where no summary is wanted on standard error. */
  readonly isQuiet: boolean
  /** False for no escape codes. */
  readonly color: boolean
}

/** How a run came out. */
export interface Conclusion {
  readonly report: Report
  /** 1 where the gate found what it was to fail on. */
  readonly exitCode: 0 | 1
}

/**
 * The end of a run, once its processes have ended: reads what they left in the folder, compares it with the baseline,
 * prints the summary on standard error, writes the reports, and holds the gate. Inside another run the logs are handed over to that one, which prints
 * the one summary; reports and gate are this run's own.
 *
 * @param folder that the processes were given as {@link RunSettings.folder}. It stays; remove it after that.
 * @throws where the logs cannot be read, or a report cannot be written.
 */
export async function concludeRun(folder: string, plan: ConclusionPlan): Promise<Conclusion> {
  const { report: seen, sources } = await readRunLogs(folder)
  const { color, baseline, options = {} } = plan
  const report = baseline === undefined ? seen : applyBaseline(seen, baseline, (kind) => isWanted(kind, options))
  const outer = outerRun(folder)
  if (outer !== undefined) handOver(folder, outer)
  else if (!plan.isQuiet) new LiveConsole({ color }).summarize(report)
  for (const output of plan.outputs) writeOutput(output, report, { color, sources })
  return { report, exitCode: gateExitCode(report, plan.failOn) }
}
