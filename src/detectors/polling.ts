import type { Execution } from '../model/trace.ts'

/** Gap in milliseconds from which on a repeat may be a wait: the work of one request rarely pauses as long. */
const POLL_GAP_MS = 20

/** Asked again and again after waits of about one length, or of growing ones: somebody waits for a change. */
export function isPolling(executions: readonly Execution[]): boolean {
  if (executions.length < 3) return false
  const gaps = executions.slice(1).map(({ startMs }, index) => {
    const { startMs: before, durationMs } = executions[index] as Execution
    return startMs - before - Math.max(0, durationMs)
  })
  const [shortest, longest] = [Math.min(...gaps), Math.max(...gaps)]
  if (shortest < POLL_GAP_MS) return false
  return longest <= 2 * shortest || gaps.every((gap, index) => index === 0 || gap >= (gaps[index - 1] as number))
}
