import { NonplusError } from '../model/errors.ts'
import type { SideConnection } from '../model/side-connection.ts'
import type { ColumnStatistics, DatabaseStatistics, RelationStatistics } from './database-statistics.ts'
import { dumpedStatistics } from './dumped-statistics.ts'
import { type Queryable, readStatistics } from './read-statistics.ts'

const FORMAT = 'nonplus-statistics'
const VERSION = 1

/** How statistics are exported. */
export interface ExportOptions {
  /**
   * Leaves out most common values and histograms: they are data. Plans then know how many values there are, not which of
   * them are common. @default false
   */
  readonly stripValues?: boolean
  /** ISO 8601, for the file. */
  readonly takenAt?: string
}

/**
 * What the planner of a PostgreSQL knows of its tables, to plan elsewhere as if there. Reads the catalog only; of columns
 * that this user may not read, nothing.
 *
 * @throws the driver's error.
 */
export async function exportStatistics(
  connection: SideConnection,
  { stripValues = false, takenAt }: ExportOptions = {},
): Promise<DatabaseStatistics> {
  if (connection.engine !== 'postgres') {
    throw new NonplusError(
      'ERR_STATISTICS_INVALID',
      `Statistics can be exported from PostgreSQL; this is a connection to ${connection.engine}.`,
    )
  }
  const statistics = await readStatistics(connection as Queryable, connection.serverVersion)
  const dated = takenAt === undefined ? statistics : { ...statistics, takenAt }
  return stripValues ? stripped(dated) : dated
}

/** The text of a statistics file: JSON with `format`, `version` and the fields of {@link DatabaseStatistics}. */
export function statisticsText(statistics: DatabaseStatistics): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, ...statistics }, null, 1)}\n`
}

/** Without what was a value of a row. */
function stripped(statistics: DatabaseStatistics): DatabaseStatistics {
  const relations = statistics.relations.map((relation) => ({
    ...relation,
    columns: relation.columns.map(withoutValues),
  }))
  return { ...statistics, isStripped: true, relations }
}

function withoutValues({ column, isInherited, nullFraction, averageWidth, distinct, correlation }: ColumnStatistics) {
  const kept = { column, isInherited, nullFraction, averageWidth, distinct }
  return correlation === undefined ? kept : { ...kept, correlation }
}

/**
 * Reads a statistics file: one of ours, or the SQL of `pg_dump --statistics-only` of PostgreSQL 18.
 *
 * @throws NonplusError `ERR_STATISTICS_INVALID` where it is neither, cut off, or of a version that is not known.
 */
export function readStatisticsFile(text: string): DatabaseStatistics {
  const start = text.trimStart()
  if (start.startsWith('{')) return readJson(start)
  if (/pg_restore_(relation|attribute)_stats/.test(start)) return dumpedStatistics(start)
  throw invalid(start === '' ? 'it is empty' : `it begins with ${JSON.stringify(start.slice(0, 40))}`)
}

function readJson(text: string): DatabaseStatistics {
  let json: Record<string, unknown>
  try {
    json = JSON.parse(text)
  } catch (error) {
    const isCut =
      /end of JSON|Unterminated|position/.test(String((error as Error).message)) && !text.trimEnd().endsWith('}')
    throw invalid(isCut ? 'it is cut off' : `its JSON is broken: ${(error as Error).message}`)
  }
  if (json.format !== FORMAT) throw invalid(`its "format" is ${JSON.stringify(json.format)} instead of "${FORMAT}"`)
  if (json.version !== VERSION) {
    throw invalid(`its version is ${JSON.stringify(json.version)}, and this nonplus reads ${VERSION}`)
  }
  const { relations, settings = {}, serverVersion = '', isStripped = false, takenAt } = json
  if (!Array.isArray(relations)) throw invalid('it has no list of "relations"')
  for (const [at, relation] of relations.entries()) checkRelation(relation, `relations[${at}]`)
  return {
    serverVersion: String(serverVersion),
    ...(typeof takenAt === 'string' ? { takenAt } : {}),
    isStripped: isStripped === true,
    settings: settings as Record<string, string>,
    relations: relations as RelationStatistics[],
  }
}

const TEXTS = ['schema', 'name'] as const
const NUMBERS = ['pages', 'rows', 'allVisiblePages'] as const
const COLUMN_NUMBERS = ['nullFraction', 'averageWidth', 'distinct'] as const

function checkRelation(relation: unknown, place: string): void {
  const given = (typeof relation === 'object' && relation !== null ? relation : {}) as Record<string, unknown>
  for (const name of TEXTS) check(typeof given[name] === 'string', `${place}.${name}`, 'a text', given[name])
  for (const name of NUMBERS) check(Number.isFinite(given[name]), `${place}.${name}`, 'a number', given[name])
  check(Array.isArray(given.columns), `${place}.columns`, 'a list', given.columns)
  for (const [at, column] of (given.columns as Record<string, unknown>[]).entries()) {
    const at_ = `${place}.columns[${at}]`
    check(typeof column?.column === 'string', `${at_}.column`, 'a text', column?.column)
    for (const name of COLUMN_NUMBERS) check(Number.isFinite(column[name]), `${at_}.${name}`, 'a number', column[name])
  }
}

function check(isRight: boolean, place: string, expected: string, came: unknown): void {
  if (!isRight) throw invalid(`"${place}" must be ${expected}, and is ${JSON.stringify(came) ?? 'missing'}`)
}

function invalid(reason: string): NonplusError {
  return new NonplusError(
    'ERR_STATISTICS_INVALID',
    `Expected a statistics file that nonplus has exported, or the SQL of pg_dump --statistics-only (PostgreSQL 18), but ${reason}.`,
  )
}
