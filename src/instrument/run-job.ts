import { runScope } from './run-scope.ts'
import type { CallSiteMode, Scope } from './scope.ts'

/** A job that a queue or a clock hands to its handler. */
export interface Job {
  /** Name of the library; `messaging.system`. */
  readonly system: string
  /** Queue, or the schedule of a clock. */
  readonly queue: string
  /** Name of the kind of job, where a queue has several. */
  readonly name?: string | undefined
  readonly callSites: CallSiteMode
}

/** Runs the handler of a job as a scope of its own, named `queue job-name`. */
export function runJob<Result>({ system, queue, name, callSites }: Job, fn: () => Result): Result {
  const title = name === undefined || name === '' ? queue : `${queue} ${name}`
  return runScope({ name: title, kind: 'job', callSites, onOutcome: noteError }, ({ attributes }) => {
    attributes['messaging.system'] = system
    attributes['messaging.destination.name'] = queue
    return fn()
  })
}

/** Says by the OpenTelemetry convention how a unit of work failed. */
export function noteError({ attributes }: Scope, error: unknown): void {
  if (error === undefined) return
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  attributes['error.type'] = String(code ?? name ?? typeof error)
}
