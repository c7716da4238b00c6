import type { Report, ReportScope } from '../model/report.ts'
import type { ScopeKind } from '../model/trace.ts'
import { compareText, openFindings } from './grouping.ts'

/** Scopes of one name. */
export interface ScopeRow {
  readonly name: string
  readonly kind: ScopeKind
  readonly scopes: number
  /** Of each scope, or the fewest and the most of several. */
  readonly queries: readonly number[]
  /** Sums over all of them. */
  readonly queryCount: number
  readonly databaseMs: number
  readonly rows: number
  /** How long those that are listed were open, together. */
  readonly durationMs: number
  /** Distinct by identity; what a baseline tolerates is not counted. */
  readonly findings: number
}

type Sums = { -readonly [Key in keyof Omit<ScopeRow, 'queries'>]: ScopeRow[Key] } & { queries: number[] }

/** A row per name of a scope: those with the most findings first, then by the time spent in the database. */
export function scopeRowsOf({ scopes, unlisted = [], findings }: Report): ScopeRow[] {
  const rows = new Map<string, Sums>()
  const add = ({ name, kind, queries }: Pick<ReportScope, 'name' | 'kind' | 'queries'>, counts: number[]): Sums => {
    const row = rows.get(name) ?? emptyRow(name, kind)
    row.queries.push(...counts)
    row.queryCount += queries.count
    row.databaseMs += queries.durationMs
    row.rows += queries.rows
    rows.set(name, row)
    return row
  }
  for (const scope of scopes) {
    const row = add(scope, [scope.queries.count])
    row.scopes++
    row.durationMs += scope.durationMs
  }
  for (const totals of unlisted) add(totals, [totals.least, totals.most]).scopes += totals.scopes
  const identities = identitiesByScope(findings)
  return [...rows.values()]
    .map((row) => ({ ...row, findings: identities.get(row.name)?.size ?? 0 }))
    .sort((a, b) => b.findings - a.findings || b.databaseMs - a.databaseMs || compareText(a.name, b.name))
}

function emptyRow(name: string, kind: ScopeKind): Sums {
  return { name, kind, scopes: 0, queries: [], queryCount: 0, databaseMs: 0, rows: 0, durationMs: 0, findings: 0 }
}

function identitiesByScope(findings: Report['findings']): Map<string, Set<string>> {
  const identities = new Map<string, Set<string>>()
  for (const { scope, identity } of openFindings(findings)) {
    identities.set(scope.name, (identities.get(scope.name) ?? new Set()).add(identity))
  }
  return identities
}
