import type { VerifiedIndex } from '../model/plan.ts'
import type { Comparison } from '../sql/condition.ts'
import { createIndex } from './index-ddl.ts'
import { isOnlyTable } from './plan-columns.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { isColumnOf, type Scan } from './plan-scan.ts'
import { isSame } from './plan-tables.ts'
import { basisWords, count, evidenceOf, paragraph, rows, triedWords } from './plan-words.ts'
import { claimsOnFullScans, distinctClaims } from './scan-claims.ts'
import { verifiedFor } from './verified-index.ts'

interface Options {
  readonly readRows: number
  readonly keptPercent: number
}

/** A pattern begins with a wildcard, so that no index sorted by the column can be searched. */
export const leadingWildcard = definePlanDetector({
  kind: 'leading-wildcard',
  summary: 'A pattern begins with a wildcard, so that no index sorted by the column can be searched.',
  defaults: {
    /** Rows read, at least. 1000: less takes less than a millisecond. */
    readRows: 1_000,
    /** Percent of them that are kept, at most. 10: where more match, reading all is often the best plan. */
    keptPercent: 10,
  },
  judge(subject, options) {
    const claims = claimsOnFullScans(subject, (scan, { openPatterns = [] }) =>
      judgeScan(subject, scan, options, openPatterns),
    )
    return distinctClaims(claims, ({ columns }) => columns?.[0])
  },
})

function judgeScan(
  subject: PlanSubject,
  scan: Scan,
  { readRows, keptPercent }: Options,
  open: readonly string[],
): PlanClaim[] {
  const { read = scan.table.catalog?.rows, kept, basis, plan } = scan
  if (read === undefined || read < readRows) return []
  const isKnown = basis !== 'plan' || plan.engine === 'postgres'
  if (isKnown && kept !== undefined && kept * 100 > read * keptPercent) return []
  return scan.conditions.flatMap((condition) => {
    if (condition.kind !== 'comparison' || !isPattern(scan, condition)) return []
    const column = condition.left.columns[0]?.name ?? ''
    const verified = verifiedFor(subject, scan, ['pattern'])
    const isOpen = beginsOpen(condition) || open.some((one) => isSame(one, column))
    if (!isOpen && verified === undefined) return []
    return [claimOf(scan, column, read, verified)]
  })
}

const patterns: ReadonlySet<string> = new Set(['like', 'ilike', 'glob'])

function isPattern(scan: Scan, { operator, left }: Comparison): boolean {
  if (!patterns.has(operator) || left.columns.length !== 1) return false
  const [column] = left.columns
  return column !== undefined && isColumnOf(column, scan.table, isOnlyTable(scan))
}

/** `'%x'`, `'*x'`, `concat('%', ?)`, `'%' || ?`: also where what follows was left out. */
function beginsOpen({ right, operator }: Comparison): boolean {
  const [pattern] = right
  const text = pattern?.text.trim() ?? ''
  return operator === 'glob'
    ? /^(?:concat\s*\(\s*)?'[*?[]/i.test(text)
    : /^(?:concat\s*\(\s*|<cache>\()?[_nNE]*'[%_]/i.test(text)
}

function claimOf(scan: Scan, column: string, read: number, verified: VerifiedIndex | undefined): PlanClaim {
  const { plan, node, table, kept, basis } = scan
  const isKnown = basis !== 'plan' || plan.engine === 'postgres'
  const gives = isKnown && kept !== undefined ? ` for ${count(kept)}` : ''
  return {
    plan,
    node,
    confidence: verified !== undefined || basis === 'actual' ? 'proven' : 'likely',
    evidence: evidenceOf(scan, verified),
    title: `A pattern on ${column} of ${table.name} begins with a wildcard: ${rows(read)} read${gives}`,
    explanation: paragraph([
      `An index is sorted by how ${column} begins, which the pattern leaves open, so every execution compares all ${rows(read)} of ${table.name} with it.`,
      basisWords(scan),
      verified === undefined ? '' : triedWords(verified),
    ]),
    advice: adviceFor(scan, column, verified),
    table: table.name,
    columns: [column],
    ...indexNamed(scan, column),
    ...(verified === undefined ? {} : { verified }),
  }
}

function indexNamed({ table }: Scan, column: string): { index?: string } {
  const index = table.catalog?.indexes.find(({ columns }) => isSame(columns[0], column))
  return index === undefined ? {} : { index: index.name }
}

function adviceFor({ table, plan }: Scan, column: string, verified: VerifiedIndex | undefined): PlanClaim['advice'] {
  const { engine } = plan
  if (engine === 'postgres') {
    const ddl =
      verified?.ddl ?? createIndex(table, [{ column, operatorClass: 'gin_trgm_ops' }], engine, { method: 'gin' })
    const isTrigram = /trgm/i.test(ddl)
    return {
      summary: `Create a trigram index (pg_trgm) on ${column}, which serves patterns with three and more known characters in a row.`,
      ddl: [...(isTrigram ? ['CREATE EXTENSION IF NOT EXISTS pg_trgm'] : []), ddl],
    }
  }
  if (engine === 'sqlite') {
    return {
      summary: `Keep ${column} in an FTS5 table with the trigram tokenizer, and search that with MATCH, or begin the pattern with what is known.`,
    }
  }
  return {
    summary: `Create a FULLTEXT index on ${column} and search it with MATCH … AGAINST, where whole words are looked for, or begin the pattern with what is known.`,
    ddl: [createIndex(table, [{ column }], engine, { kind: 'FULLTEXT' }).replace(/\(191\)/g, '')],
  }
}
