import type { Finding, PlanFinding } from '../model/finding.ts'
import type { Plan, VerifiedBy, VerifiedIndex } from '../model/plan.ts'
import { printable } from './layout.ts'
import { formatBytes, formatCost, formatDuration } from './quantity.ts'

/** A finding about a plan. */
export function isPlanFinding(finding: Finding): finding is PlanFinding {
  return 'plan' in finding
}

const verifiers: Readonly<Record<VerifiedBy, string>> = {
  hypopg: 'HypoPG',
  pglite: 'a clone of schema and statistics',
  'rolled-back-index': 'an index that was made and rolled back',
  'sqlite-clone': 'a clone of schema and statistics',
  'mysql-clone': 'a clone of schema and statistics',
  'temporary-table-clone': 'a temporary table with a sample of its rows',
}

/** Statements of an advice as they are copied, each ended. */
export function statementsOf(ddl: readonly string[] = []): string[] {
  return ddl.map((text) => {
    const statement = printable(text)
    return statement === '' || statement.endsWith(';') ? statement : `${statement};`
  })
}

/** How an index was tried: `cost 12,154 → 61, used, verified by HypoPG · about 4.2 MB · replaces orders_customer`. */
export function verificationOf({ costBefore, costAfter, verifiedBy, bytes, replaces }: VerifiedIndex): string {
  return [
    `cost ${formatCost(costBefore)} → ${formatCost(costAfter)}, used, verified by ${verifiers[verifiedBy]}`,
    ...(bytes === undefined ? [] : [`about ${formatBytes(bytes)}`]),
    ...(replaces === undefined ? [] : [`replaces ${replaces}`]),
  ].join(' · ')
}

/**
 * What an N+1 takes now, and what it would take: `now 2.1 s · batched 60 ms · indexed 210 ms · both 9 ms`; without an index
 * that was tried, `now 2.1 s · batched 60 ms`.
 */
export function alternativesOf(finding: Finding): string | undefined {
  const alternatives = finding.kind === 'n-plus-one' ? finding.alternatives : undefined
  if (alternatives === undefined) return undefined
  const { now, batched, indexed, both, atMost } = alternatives
  const isTried = indexed !== now || both !== batched
  return Object.entries({ now, batched, ...(isTried ? { indexed, [atMost ? 'both at most' : 'both']: both } : {}) })
    .map(([name, ms]) => `${name} ${formatDuration(ms)}`)
    .join(' · ')
}

/** What was measured about the cures of a finding, a line each. */
export function measuredOf(finding: Finding): string[] {
  const alternatives = alternativesOf(finding)
  const verified = isPlanFinding(finding) ? finding.plan.verified : undefined
  return [
    ...(alternatives === undefined ? [] : [alternatives]),
    ...(verified === undefined ? [] : [printable(verificationOf(verified))]),
  ]
}

const engines: Readonly<Record<Plan['engine'], string>> = {
  postgres: 'PostgreSQL',
  mysql: 'MySQL',
  mariadb: 'MariaDB',
  sqlite: 'SQLite',
}

const modes: Readonly<Record<Plan['mode'], string>> = {
  plan: 'planned, not executed',
  analyze: 'executed',
  auto_explain: 'of the execution itself',
}

/** Where a plan is from, and what it comes to: `PostgreSQL 18.4 · planned, not executed · cost 12,154`. */
export function originOf({ engine, serverVersion, mode, planKind, isPartial, executionTime, root }: Plan): string {
  const version = /^\d[\w.]*/.exec(serverVersion)?.[0]
  return [
    [engines[engine], version].filter(Boolean).join(' '),
    modes[mode] + (isPartial === true ? ', cut by the timeout' : ''),
    ...(planKind === 'generic' ? ['for unknown parameters'] : []),
    ...(root.totalCost === undefined ? [] : [`cost ${formatCost(root.totalCost)}`]),
    ...(executionTime === undefined ? [] : [formatDuration(executionTime)]),
  ].join(' · ')
}
