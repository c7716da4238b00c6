import type { Finding, FindingKind } from '../model/finding.ts'
import type { Trace } from '../model/trace.ts'

/** What one detector file provides. */
export interface Detector<Kind extends FindingKind = FindingKind, Options extends object = object> {
  /** Name of the file, of its page, of its option and of its command-line value. */
  readonly kind: Kind
  /** The definition, in one sentence. */
  readonly summary: string
  /** Options and their defaults; the option type of the profiler is made of these. */
  readonly defaults: Options
  /** Pure: no clock, no I/O, no knowledge of drivers; the same trace gives the same findings. */
  detect(trace: Trace, options: Options): Extract<Finding, { kind: Kind }>[]
}

/** Declares a detector; the types of its options and findings follow from what it is given. */
export function defineDetector<Kind extends FindingKind, Options extends object>(
  detector: Detector<Kind, Options>,
): Detector<Kind, Options> {
  return detector
}
