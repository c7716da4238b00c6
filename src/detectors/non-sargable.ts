import { dialectOf } from '../model/engine-dialect.ts'
import type { VerifiedIndex } from '../model/plan.ts'
import type { Comparison } from '../sql/condition.ts'
import { quoteName } from '../sql/quote-name.ts'
import { createIndex } from './index-ddl.ts'
import { isOnlyTable, isSameKind, kindOfType } from './plan-columns.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { discardsMost } from './plan-floor.ts'
import { isColumnOf, type Scan } from './plan-scan.ts'
import { indexLedBy, isSame, statisticsOf, typeOfColumn } from './plan-tables.ts'
import { basisWords, count, evidenceOf, paragraph, rows, triedWords } from './plan-words.ts'
import { claimsOnFullScans, distinctClaims } from './scan-claims.ts'
import { convertedColumn } from './type-conversion.ts'
import { verifiedFor } from './verified-index.ts'

interface Options {
  readonly discardRatio: number
  readonly discardedRows: number
}

/** Something is done to a column before it is compared, so that no index on the column can be searched. */
export const nonSargable = definePlanDetector({
  kind: 'non-sargable',
  summary: 'Something is done to a column before it is compared, so that no index on the column can be searched.',
  defaults: {
    /** Rows thrown away for each that is kept. 10: below, reading all is often the best plan. */
    discardRatio: 10,
    /** Rows thrown away, at least. 1000: less takes less than a millisecond. */
    discardedRows: 1_000,
  },
  judge(subject, options) {
    const claims = claimsOnFullScans(subject, (scan) => judgeScan(subject, scan, options))
    return distinctClaims(claims, ({ expression }) => expression)
  },
})

/** A column that is hidden by what is done to it. */
interface Hidden {
  readonly column: string
  /** As an index would have it: `lower(email)`. */
  readonly expression: string
  readonly how: 'call' | 'cast' | 'date' | 'arithmetic' | 'conversion'
  /** The server said that it converts. */
  readonly isWarned?: boolean
}

function judgeScan(subject: PlanSubject, scan: Scan, options: Options): PlanClaim[] {
  const hidden = scan.conditions.flatMap((condition) =>
    condition.kind === 'comparison' ? (hiddenIn(subject, scan, condition) ?? []) : [],
  )
  const [first] = hidden
  if (first === undefined || !isWasteful(scan, options, first)) return []
  const hasOne = scan.table.catalog?.indexes.some(({ columns }) => isSameExpression(columns[0], first.expression))
  if (hasOne === true && first.how === 'call') return []
  const verified = verifiedFor(subject, scan, ['expression'])
  return [claimOf(scan, first, verified)]
}

const compared: ReadonlySet<string> = new Set('= <=> in < <= > >= between like ilike'.split(' ').concat('= any'))
const equalities: ReadonlySet<string> = new Set(['=', '<=>', 'in', '= any'])

function hiddenIn(subject: PlanSubject, scan: Scan, comparison: Comparison): Hidden | undefined {
  const { left, right, operator } = comparison
  const isOwn = (column: Parameters<typeof isColumnOf>[0]): boolean => isColumnOf(column, scan.table, isOnlyTable(scan))
  const [column, ...others] = left.columns.filter(isOwn)
  if (column === undefined || !compared.has(operator) || left.hasSubquery) return undefined
  if (others.some(({ name }) => !isSame(name, column.name)) || left.columns.some((one) => !isOwn(one))) return undefined
  if (right.some(({ columns }) => columns.some(isOwn))) return undefined
  if (!equalities.has(operator) && scan.basis === 'plan') return undefined
  const expression = expressionOf(left.text)
  const { name } = column
  const how = howHidden(scan, comparison, name)
  if (how !== undefined) return { column: name, expression, how }
  const converted = convertedColumn(subject, scan, name, left)
  return converted === undefined
    ? undefined
    : { column: name, expression: name, how: 'conversion', isWarned: converted === 'warned' }
}

const dateCalls: ReadonlySet<string> = new Set(
  'date date_trunc date_part extract year month day dayofmonth hour week quarter to_char strftime date_format datetime unix_timestamp from_unixtime julianday to_days'.split(
    ' ',
  ),
)

function howHidden(scan: Scan, { left }: Comparison, column: string): Exclude<Hidden['how'], 'conversion'> | undefined {
  const type = typeOfColumn(scan.table, column)
  if (left.column !== undefined) {
    if (left.cast === undefined || isSameKind(left.cast, type)) return undefined
    // a varchar that is read as a text is no cast; of an unknown type nobody can tell
    if (type === undefined && !/^(date|numeric|double precision)$/i.test(left.cast)) return undefined
    return /^date\b|^time/i.test(left.cast) ? 'date' : 'cast'
  }
  if (left.call !== undefined) return dateCalls.has(left.call) ? 'date' : 'call'
  if (/->|#>/.test(left.text)) return 'call'
  return /[-+*/%]/.test(left.text.replaceAll(/'[^']*'/g, '')) ? 'arithmetic' : undefined
}

/** Without the names of tables, and without the casts between texts that PostgreSQL prints. */
function expressionOf(text: string): string {
  return text
    .replaceAll(/(?<![\w.$`"'])(?:(?:"[^"]+"|`[^`]+`|[A-Za-z_][\w$]*)\.)+(?=["`A-Za-z_])/g, '')
    .replaceAll(/`([A-Za-z_$][\w$]*)`/g, '$1')
    .replaceAll(/\(("[^"]+"|[A-Za-z_][\w$]*)\)::(?:text|character varying)\b/g, '$1')
}

function isSameExpression(one: string | undefined, other: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[\s()`"]|::text|::character varying/g, '')
  return one !== undefined && plain(one) === plain(other)
}

/** An equality is taken for selective where only a guess could tell. */
function isWasteful(scan: Scan, { discardRatio: ratio, discardedRows }: Options, { how }: Hidden): boolean {
  if (discardsMost(scan, { ratio, rows: discardedRows })) return true
  if (scan.basis !== 'plan' || scan.plan.engine === 'postgres') return false
  const isKnown = how === 'conversion' || statisticsOf(scan.table) === 'sound'
  return isKnown && Math.max(scan.read ?? 0, scan.table.catalog?.rows ?? 0) >= discardedRows
}

function claimOf(scan: Scan, hidden: Hidden, verified: VerifiedIndex | undefined): PlanClaim {
  const { plan, node, table, read, kept, basis } = scan
  const isKnown = basis !== 'plan' || plan.engine === 'postgres'
  const index = indexLedBy(table, [hidden.column])
  const size = read === undefined ? 'all rows' : rows(read)
  const isProven = hidden.how === 'conversion' ? hidden.isWarned === true : basis === 'actual'
  return {
    plan,
    node,
    confidence: verified !== undefined || isProven ? 'proven' : 'likely',
    evidence:
      verified === undefined && basis !== 'actual' && hidden.isWarned === true ? 'catalog' : evidenceOf(scan, verified),
    title: `${wordsFor(hidden)} hides ${hidden.column} of ${table.name} from every index${read === undefined ? '' : `: ${rows(read)} read`}${isKnown && kept !== undefined && read !== undefined ? ` for ${count(kept)}` : ''}`,
    explanation: paragraph([
      `The condition compares ${hidden.how === 'conversion' ? `${hidden.column}, a text, with a number` : hidden.expression}, so ${size} of ${table.name} are read and ${hidden.how === 'conversion' ? 'converted' : 'worked out'} one by one.`,
      index === undefined ? '' : `${index.name} on ${hidden.column} cannot be searched for it.`,
      basisWords(scan),
      verified === undefined ? '' : triedWords(verified),
    ]),
    advice: adviceFor(scan, hidden, verified),
    table: table.name,
    columns: [hidden.column],
    ...(index === undefined ? {} : { index: index.name }),
    expression: hidden.expression,
    ...(verified === undefined ? {} : { verified }),
  }
}

function wordsFor({ how, expression, column }: Hidden): string {
  return how === 'conversion' ? `Comparing ${column} with a number` : expression
}

function adviceFor(scan: Scan, hidden: Hidden, verified: VerifiedIndex | undefined): PlanClaim['advice'] {
  const { table, plan } = scan
  const { how, column, expression } = hidden
  const type = typeOfColumn(table, column)
  const plainIndex =
    indexLedBy(table, [column]) === undefined && table.catalog !== undefined
      ? [createIndex(table, [{ column }], plan.engine)]
      : []
  const withIndex = plainIndex.length === 0 ? {} : { ddl: plainIndex }
  if (how === 'conversion') {
    return {
      summary: `Pass the value for ${column} as a string, so that the index on it can be searched.`,
      ...withIndex,
    }
  }
  if (how === 'cast') {
    const kind = type ?? (kindOfType(type) === 'integer' ? 'integer' : "the column's type")
    return {
      summary: `Compare ${column} itself, and cast the parameter to ${kind} instead of the column.`,
      ...withIndex,
    }
  }
  if (how === 'date') {
    return {
      summary: `Compare ${column} itself with a range: ${column} >= the begin and ${column} < the end, instead of ${expression}.`,
      ...withIndex,
    }
  }
  if (how === 'arithmetic') {
    return { summary: `Compare ${column} itself, and do the arithmetic on the other side.`, ...withIndex }
  }
  return expressionAdvice(scan, hidden, verified)
}

function expressionAdvice(
  scan: Scan,
  { column, expression }: Hidden,
  verified: VerifiedIndex | undefined,
): PlanClaim['advice'] {
  const { table, plan } = scan
  if (verified !== undefined)
    return { summary: `Create an index on ${expression} of ${table.name}.`, ddl: [verified.ddl] }
  // what stands for a literal cannot be indexed
  const isRunnable = !/[?$]/.test(expression)
  if (plan.engine === 'mariadb') {
    const name = `${column}_key`
    return {
      summary: `Add a generated column for ${expression}, with an index on it, and compare that.`,
      ...(isRunnable
        ? {
            ddl: [
              `ALTER TABLE ${quoteName(table.name, dialectOf[plan.engine])} ADD COLUMN ${quoteName(name, dialectOf[plan.engine])} ${type255(table, column)} AS (${expression}) VIRTUAL`,
              createIndex(table, [{ column: name }], plan.engine),
            ],
          }
        : {}),
    }
  }
  const summary = `Create an index on ${expression} of ${table.name}, or compare ${column} itself.`
  return isRunnable ? { summary, ddl: [createIndex(table, [{ expression }], plan.engine)] } : { summary }
}

function type255(table: Scan['table'], column: string): string {
  const type = typeOfColumn(table, column)
  return type === undefined || /text|blob/i.test(type) ? 'VARCHAR(255)' : type.toUpperCase()
}
