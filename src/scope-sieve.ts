import type { Finding } from './model/finding.ts'
import type { ReportScope, ScopeTotals } from './model/report.ts'

/** Scopes that are listed one by one. */
const MAX_LISTED = 10_000

/** Findings of one identity that are kept: as many as a JSON report holds in all. */
const MAX_PER_IDENTITY = 500

/** Findings that are kept in all, but for the first of each identity. */
const MAX_FINDINGS = 10_000

/** Identities that are told apart; a program that builds its SQL at run time can make them without end. */
const MAX_IDENTITIES = 2_000

/** Names of scopes that are told apart in the sums; paths that nobody masked can make them without end. */
const MAX_NAMES = 1_000

/** What is to be kept of a scope. */
export interface Sifted {
  /** False where the scope went into the sums. */
  readonly isListed: boolean
  readonly findings: readonly Finding[]
}

/**
 * Bounds what is kept of a long run: the first 10,000 scopes, and of each finding the first 500, are listed; later
 * scopes are summed up by name. A finding that is new is kept however late it comes, since gates depend on it.
 */
export class ScopeSieve {
  readonly #identities = new Map<string, number>()
  readonly #totals = new Map<string, ScopeTotals>()
  #listed = 0
  #kept = 0
  /** Findings that are neither listed nor summed up. */
  droppedFindings = 0

  /** Decides what is kept of a scope, and sums up the rest. */
  sift(scope: ReportScope, findings: readonly Finding[]): Sifted {
    const kept = findings.filter((finding) => this.#isKept(finding))
    this.droppedFindings += findings.length - kept.length
    // a block that sent nothing says nothing; a request that sent nothing is one of the requests
    if (scope.kind === 'block' && scope.queries.count === 0) return { isListed: false, findings: kept }
    const isListed = this.#listed < MAX_LISTED || kept.length > 0
    if (isListed) this.#listed++
    else {
      const { name, kind, queries } = scope
      this.sum({ name, kind, scopes: 1, queries, least: queries.count, most: queries.count })
    }
    return { isListed, findings: kept }
  }

  /** Adds sums, of one scope or of another sieve. */
  sum(part: ScopeTotals): void {
    const name = this.#totals.has(part.name) || this.#totals.size < MAX_NAMES ? part.name : 'others'
    const known = this.#totals.get(name)
    this.#totals.set(name, known === undefined ? { ...part, name } : addTotals(known, part))
  }

  /** Sums over the scopes that are not listed, the most frequent first. */
  totals(): ScopeTotals[] {
    return [...this.#totals.values()].sort((a, b) => b.scopes - a.scopes)
  }

  #isKept({ identity }: Finding): boolean {
    const count = this.#identities.get(identity) ?? 0
    const hasRoom =
      count === 0 ? this.#identities.size < MAX_IDENTITIES : count < MAX_PER_IDENTITY && this.#kept < MAX_FINDINGS
    if (!hasRoom) return false
    this.#identities.set(identity, count + 1)
    this.#kept++
    return true
  }
}

function addTotals(a: ScopeTotals, b: ScopeTotals): ScopeTotals {
  return {
    name: a.name,
    kind: a.kind,
    scopes: a.scopes + b.scopes,
    queries: {
      count: a.queries.count + b.queries.count,
      durationMs: a.queries.durationMs + b.queries.durationMs,
      rows: a.queries.rows + b.queries.rows,
    },
    least: Math.min(a.least, b.least),
    most: Math.max(a.most, b.most),
  }
}

/** Says what was left out, for the warnings of a report. */
export function sieveNotes(sieve: { droppedFindings: number; totals: readonly ScopeTotals[] }): string[] {
  const { droppedFindings, totals } = sieve
  const notes: string[] = []
  const count = totals.reduce((sum, { scopes }) => sum + scopes, 0)
  if (count > 0) notes.push(`${count} scopes after the first ${MAX_LISTED} are summed up by name.`)
  if (droppedFindings > 0) {
    notes.push(
      `${droppedFindings} repeats of findings are not listed: a run keeps ${MAX_PER_IDENTITY} of each, ${MAX_FINDINGS} in all.`,
    )
  }
  return notes
}
