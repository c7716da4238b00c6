import type { ConclusionPlan } from './conclude-run.ts'
import { formatReporter, type NonplusConfig } from './config.ts'
import { type ProfilerOptions, pickOptions } from './options.ts'
import { parseOutputs } from './output.ts'
import { readBaseline } from './read-baseline.ts'

/** What is looked for in a run, and what is done with it. */
export interface RunPlan extends ConclusionPlan {
  readonly options: ProfilerOptions
}

/**
 * The plan of a run, by its configuration.
 *
 * @throws NonplusError where a reporter is wrong, or the baseline cannot be read.
 */
export function runPlanOf(config: NonplusConfig): RunPlan {
  const { reporters = [], failOn = [], baseline, quiet: isQuiet = false } = config
  return {
    outputs: parseOutputs(reporters.map(formatReporter), isQuiet),
    failOn,
    ...(baseline === undefined ? {} : { baseline: readBaseline(baseline) }),
    options: pickOptions(config),
    isQuiet,
    color: true,
  }
}
