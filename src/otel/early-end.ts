import type { Span } from '@opentelemetry/api'
import type { Scope } from '../instrument/scope.ts'
import { reportFailure } from '../instrument/state.ts'
import { beforeEndOf } from './span-end.ts'

type Listener = (scope: Scope) => void

let listener: Listener | undefined

/** Sets who is told that the span around a scope ends before the scope does; undefined for nobody. */
export function onEarlyEnd(told: Listener | undefined): void {
  listener = told
}

/** Scopes that go on, by the span around them: a worker may have thousands in one. */
const open = new WeakMap<Span, Set<Scope>>()

/** Tells of a scope that goes on when the span around it ends. */
export function watchEnd(span: Span, scope: Scope): void {
  const known = open.get(span)
  if (known !== undefined) {
    known.add(scope)
    return
  }
  const scopes = new Set([scope])
  open.set(span, scopes)
  beforeEndOf(span, (finish) => {
    for (const each of scopes) tell(each)
    open.delete(span)
    finish()
  })
}

/** Forgets a scope that has closed. */
export function unwatchEnd(span: Span, scope: Scope): void {
  open.get(span)?.delete(scope)
}

function tell(scope: Scope): void {
  try {
    listener?.(scope)
  } catch (error) {
    reportFailure('OpenTelemetry job', error)
  }
}
