import { NonplusError } from '../model/errors.ts'
import type { Report } from '../model/report.ts'
import { checkBoolean, checkValues, display, optionChecks, type ProfilerOptions } from '../options.ts'

/** What {@link NonplusSpanProcessor} does differently from the defaults. */
export interface SpanProcessorOptions extends Pick<ProfilerOptions, 'detectors' | 'only' | 'ignore'> {
  /** Findings, as attributes of the local root and as events. @default true */
  readonly findings?: boolean
  /**
   * Called with the report of each trace in which something was found, some time after its local root has ended. An error
   * that it throws is caught and counted.
   */
  readonly onFindings?: (report: Report) => void
  /** Traces under way that are kept; the oldest is given up for one more. @default 1000 */
  readonly maxTraces?: number
  /** Spans of a trace that are kept; of statements beyond them only the numbers are. @default 1000 */
  readonly maxSpansPerTrace?: number
  /** Milliseconds after which a trace that has not ended is given up. @default 300000 */
  readonly maxTraceMs?: number
}

const { detectors, only, ignore } = optionChecks

const CHECKS: Readonly<Record<keyof SpanProcessorOptions, (value: unknown, name: string) => void>> = {
  detectors,
  only,
  ignore,
  findings: checkBoolean,
  onFindings: checkFunction,
  maxTraces: checkCount,
  maxSpansPerTrace: checkCount,
  maxTraceMs: checkCount,
}

/** @throws NonplusError ERR_OPTION_INVALID where an option is unknown or has a wrong value. */
export function checkSpanProcessorOptions(options: SpanProcessorOptions): SpanProcessorOptions {
  checkValues(options, CHECKS)
  return options
}

function checkFunction(value: unknown, name: string): void {
  if (typeof value === 'function') return
  throw new NonplusError('ERR_OPTION_INVALID', `\`${name}\` must be a function, but got: ${display(value)}.`)
}

function checkCount(value: unknown, name: string): void {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return
  throw new NonplusError('ERR_OPTION_INVALID', `\`${name}\` must be an integer from 1 up, but got: ${display(value)}.`)
}
