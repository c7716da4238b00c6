import fc from 'fast-check'
import { expect } from 'vitest'
import type { StatementMessage } from '../../src/instrument/message.ts'
import { currentScope } from '../../src/instrument/scope.ts'
import { record } from './record.ts'

/**
 * One way to use a driver. It sends `marker` (a whole number) in the text or the values of each of its statements, and
 * nothing without it but transaction control.
 *
 * @returns once everything it sent has been answered; errors of the statements are its own affair.
 */
export interface Use {
  readonly name: string
  /** Statements with the marker. */
  readonly statements: number
  readonly run: (marker: number) => Promise<unknown>
}

interface Step {
  readonly uses: readonly number[]
  /** True where they are sent together. */
  readonly together: boolean
}

/** Markers stand out of everything else a statement holds. */
const FIRST_MARKER = 7_000_000

/**
 * Lets random mixes of uses run in random numbers of scopes at once, over one pool, and holds each statement to: filed
 * once, in the scope that sent it, ended once, with a line of the test.
 */
export async function holdRandomMixes(uses: readonly Use[], numRuns: number): Promise<void> {
  const step: fc.Arbitrary<Step> = fc.record({
    uses: fc.array(fc.nat(uses.length - 1), { minLength: 1, maxLength: 4 }),
    together: fc.boolean(),
  })
  const plan = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 6 })
  let marker = FIRST_MARKER
  await fc.assert(
    fc.asyncProperty(plan, async (scopes) => {
      const wanted = new Map<number, { scope: string; use: Use }>()
      const recordings = await Promise.all(
        scopes.map((steps, index) => {
          const scope = `scope ${index}`
          const start = (use: number): Promise<unknown> => {
            const own = marker++
            wanted.set(own, { scope, use: uses[use] as Use })
            return (uses[use] as Use).run(own)
          }
          return record(async () => {
            for (const { uses: chosen, together } of steps) {
              if (together) await Promise.all(chosen.map(start))
              else for (const use of chosen) await start(use)
              expect(currentScope()?.name).toBe(scope)
            }
          }, scope)
        }),
      )
      judge(recordings, wanted)
    }),
    { numRuns, seed: Number(process.env.NONPLUS_TEST_SEED ?? 20), endOnFailure: true },
  )
}

interface Recorded {
  readonly started: readonly StatementMessage[]
  readonly ended: readonly StatementMessage[]
}

/** Each recording hears all scopes while it runs: so a message may be in several, but it is one object. */
function judge(recordings: readonly Recorded[], wanted: ReadonlyMap<number, { scope: string; use: Use }>): void {
  const messages = new Set(recordings.flatMap(({ started }) => started))
  const counts = new Map<number, number>()
  const problems: string[] = []
  for (const message of messages) {
    const marker = markerOf(message)
    if (marker === undefined) {
      if (message.statement?.kind !== 'transaction') problems.push(`without a marker: ${message.text}`)
      continue
    }
    counts.set(marker, (counts.get(marker) ?? 0) + 1)
    const { scope, use } = wanted.get(marker) ?? { scope: 'none of these scopes', use: undefined }
    const frame = message.callSite?.frames[0]
    const file = frame?.mapped?.file ?? frame?.file
    if (message.scope.name !== scope) problems.push(`${use?.name}: filed under ${message.scope.name}, sent in ${scope}`)
    if (!message.hasEnded) problems.push(`${use?.name}: never ended`)
    if (file?.endsWith('.test.ts') !== true) problems.push(`${use?.name}: at ${file ?? 'no line'}`)
  }
  for (const recording of recordings) {
    if (new Set(recording.ended).size !== recording.ended.length) problems.push('a statement ended twice')
  }
  for (const [marker, { use }] of wanted) {
    const count = counts.get(marker) ?? 0
    if (count !== use.statements) problems.push(`${use.name}: recorded ${count} times, not ${use.statements}`)
  }
  expect([...new Set(problems)]).toEqual([])
}

function markerOf({ text, parameters }: StatementMessage): number | undefined {
  const written = /\b7\d{6}\b/.exec(text)?.[0] ?? parameters?.find((value) => Number(value) >= FIRST_MARKER)
  return written === undefined ? undefined : Number(written)
}
