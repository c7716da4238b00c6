import { NonplusError } from '../model/errors.ts'
import { checkBoolean, checkValues, display, optionChecks, type ProfilerOptions } from '../options.ts'
import type { UnsampledMode } from './enclosing-span.ts'
import type { SpanMode } from './statement-spans.ts'

/** What {@link NonplusInstrumentation} does differently from the defaults, and what the profiler does. */
export interface OtelOptions extends Omit<ProfilerOptions, 'values'> {
  /** As in every instrumentation: false waits for `enable()`. @default true */
  readonly enabled?: boolean
  /**
   * A CLIENT span per statement. `auto`: but for drivers that another instrumentation of OpenTelemetry wraps already.
   *
   * @default 'auto'
   */
  readonly spans?: SpanMode
  /** Findings, as attributes of the span around the scope and as events. @default true */
  readonly findings?: boolean
  /** Each finding also as an event of the span, for backends that take no logs. @default false */
  readonly spanEvents?: boolean
  /**
   * What becomes of a request whose trace is not sampled. `count`: its statements are counted and timed, and it is not
   * judged. `judge`: its findings are sent as events as well, for backends that take logs of what has no trace.
   *
   * @default 'count'
   */
  readonly unsampled?: UnsampledMode
  /** `db.client.*` and `nonplus.*`. @default true */
  readonly metrics?: boolean
}

const CHECKS: Readonly<Record<keyof Omit<OtelOptions, keyof ProfilerOptions>, (value: unknown, name: string) => void>> =
  {
    enabled: checkBoolean,
    spans: checkSpans,
    findings: checkBoolean,
    spanEvents: checkBoolean,
    unsampled: checkUnsampled,
    metrics: checkBoolean,
  }

/** @throws NonplusError ERR_OPTION_INVALID where an option is unknown or has a wrong value. */
export function checkOtelOptions(options: OtelOptions): OtelOptions {
  checkValues(options, { ...optionChecks, ...CHECKS, values: refuseValues })
  return options
}

function checkSpans(value: unknown): void {
  if (value === 'auto' || typeof value === 'boolean') return
  throw new NonplusError('ERR_OPTION_INVALID', `\`spans\` must be 'auto', true or false, but got: ${display(value)}.`)
}

function checkUnsampled(value: unknown): void {
  if (value === 'count' || value === 'judge') return
  throw new NonplusError('ERR_OPTION_INVALID', `\`unsampled\` must be 'count' or 'judge', but got: ${display(value)}.`)
}

function refuseValues(value: unknown): void {
  if (value === false) return
  const why = 'Values of parameters and rows never leave the process by OpenTelemetry.'
  throw new NonplusError('ERR_OPTION_INVALID', `\`values\` is no option here. ${why}`)
}
