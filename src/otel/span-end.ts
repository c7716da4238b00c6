import type { Span, TimeInput } from '@opentelemetry/api'
import { now } from '../instrument/clock.ts'

/**
 * Has something done when a span is about to end, since what is set on one that has ended is lost. Only this one object is
 * touched, and it is as it was by the time it ends.
 *
 * @param take is called at most once, and must call `finish`; the span ends with the time it was asked for.
 */
export function beforeEndOf(span: Span, take: (finish: () => void) => void): void {
  const own = Object.getOwnPropertyDescriptor(span, 'end')
  const { end } = span
  let isEnding = false
  const value = (endTime: TimeInput = now()): void => {
    if (isEnding) return
    isEnding = true
    take(() => {
      if (own === undefined) delete (span as { end?: unknown }).end
      else Object.defineProperty(span, 'end', own)
      Reflect.apply(end, span, [endTime])
    })
  }
  Object.defineProperty(span, 'end', { value, configurable: true, writable: true, enumerable: false })
}
