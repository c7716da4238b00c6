import type { PlanEvidence } from '../model/finding.ts'
import type { Plan, VerifiedBy, VerifiedIndex } from '../model/plan.ts'
import type { Scan } from './plan-scan.ts'

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** Whole number with its thousands apart: `1,234`. */
export function count(amount: number): string {
  return grouped.format(Math.round(amount))
}

/** `1 row`, `1,234 rows`. */
export function rows(amount: number): string {
  return `${count(amount)} ${Math.round(amount) === 1 ? 'row' : 'rows'}`
}

/** `a`, `a and b`, `a, b and c`. */
export function list(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

const verifiers: Readonly<Record<VerifiedBy, string>> = {
  hypopg: 'HypoPG',
  pglite: 'a PGlite clone with the statistics of the database',
  'rolled-back-index': 'an index that was rolled back',
  'sqlite-clone': 'a clone in memory',
  'mysql-clone': 'a clone of the table with its statistics',
  'temporary-table-clone': 'a temporary table that has a sample of its rows',
}

/** `Tried with HypoPG: cost 12,154 → 61, and the planner used it.` */
export function triedWords({ verifiedBy, costBefore, costAfter }: VerifiedIndex): string {
  return `Tried with ${verifiers[verifiedBy]}: cost ${cost(costBefore)} → ${cost(costAfter)}, and the planner used it.`
}

function cost(amount: number): string {
  return amount >= 10 ? count(amount) : String(Math.round(amount * 100) / 100)
}

/** What numbers of rows rest on. */
export function basisWords({ basis, plan }: Pick<Scan, 'basis' | 'plan'>): string {
  if (basis === 'actual') return 'These are the rows of an execution.'
  const reader = plan.engine === 'sqlite' ? 'By the plan' : "By the planner's estimate"
  return basis === 'driver' ? `${reader}, and the rows that the driver received.` : `${reader}; nothing was executed.`
}

/** What a finding on a scan rests on. */
export function evidenceOf({ basis }: Pick<Scan, 'basis'>, verified: VerifiedIndex | undefined): PlanEvidence {
  if (verified !== undefined) return 'verified'
  return basis === 'actual' ? 'actual' : 'plan'
}

/** `, in 200 runs of it,`: where a scan ran more than once in an execution, other than by workers that share it. */
export function loopWords({ node }: Pick<Scan, 'node'>): string {
  return node.loops === undefined || node.loops <= 1 || node.isParallel === true
    ? ''
    : `, in ${count(node.loops)} runs of it,`
}

/** Name of the engine, for prose. */
export function engineName({ engine }: Pick<Plan, 'engine'>): string {
  return { postgres: 'PostgreSQL', mysql: 'MySQL', mariadb: 'MariaDB', sqlite: 'SQLite' }[engine]
}

/** Sentences as one text; those with nothing to say are empty. */
export function paragraph(sentences: readonly string[]): string {
  return sentences.filter((sentence) => sentence !== '').join(' ')
}
