import { explainStatement } from '../../../src/explain/explain-statement.ts'
import type { ExplainMode, ExplainOutcome } from '../../../src/explain/request.ts'
import type { SideConnection } from '../../../src/model/side-connection.ts'
import type { Arena, Attempt } from './arena.ts'

/** What came of one attempt in one mode. */
export interface Tried {
  readonly outcome: string
  readonly elapsedMs: number
  /** What changed, as two texts that should be equal. */
  readonly before: string
  readonly after: string
  /** Locks that were held after any statement of ours. */
  readonly held: readonly string[]
}

export const TIMEOUT_MS = 500

/** Explains, and watches what it does. */
export async function tryAttempt(arena: Arena, attempt: Attempt, mode: ExplainMode): Promise<Tried> {
  const held: string[] = []
  const before = await arena.state()
  const begun = performance.now()
  let watchingMs = 0
  const watched: SideConnection = {
    ...arena.side,
    async query(text, values) {
      try {
        return await arena.side.query(text, values)
      } finally {
        const at = performance.now()
        const locks = await arena.held()
        if (locks !== '') held.push(`${text.slice(0, 60)}: ${locks}`)
        watchingMs += performance.now() - at
      }
    },
  }
  const { text, values, session } = attempt
  const outcome = await explainStatement(watched, {
    text,
    dialect: arena.dialect,
    mode,
    timeoutMs: TIMEOUT_MS,
    ...(values === undefined ? {} : { values }),
    ...(session === undefined ? {} : { session }),
  })
  const elapsedMs = performance.now() - begun - watchingMs
  return { outcome: wordsFor(outcome), elapsedMs, before, after: await arena.state(), held }
}

function wordsFor(outcome: ExplainOutcome): string {
  if ('refusal' in outcome) return `refused: ${outcome.refusal.code}`
  if (outcome.notAnalyzed !== undefined) return `plan only: ${outcome.notAnalyzed.code}`
  return outcome.plan.mode === 'analyze' ? `executed${outcome.plan.isPartial ? ', cut' : ''}` : 'plan'
}

/** What an EXPLAIN by hand does. */
export async function tryByHand(arena: Arena, attempt: Attempt, mode: ExplainMode): Promise<string> {
  const before = await arena.state()
  const result = await arena.byHand(attempt, mode)
  const hasChanged = (await arena.state()) !== before
  if (hasChanged || result === 'locks' || result === 'hangs') await arena.reset()
  if (hasChanged) return result === 'hangs' ? '**writes, hangs**' : '**writes**'
  return result === 'locks' || result === 'hangs' ? `**${result}**` : result
}
