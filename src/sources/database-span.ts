import type { Dialect } from '../model/statement.ts'
import type { Frame } from '../model/trace.ts'

/** Attributes of a span, whatever tracer made it. */
export type SpanAttributes = Readonly<Record<string, unknown>>

/** What a span tells of the statement it stands for. No parameters: spans have none. */
export interface DatabaseCall {
  readonly dialect: Dialect
  /** Absent where the instrumentation keeps it to itself. */
  readonly text?: string
  /** True where the text was cut: unlike statements may begin alike. */
  readonly isCut: boolean
  readonly rows?: number
  readonly frame?: Frame
}

/** Systems that speak SQL, by the names of the stable conventions and of those before; all others are left alone. */
const DIALECTS: Readonly<Record<string, Dialect>> = {
  postgresql: 'postgresql',
  postgres: 'postgresql',
  cockroachdb: 'postgresql',
  'aws.redshift': 'postgresql',
  redshift: 'postgresql',
  edb: 'postgresql',
  mysql: 'mysql',
  mariadb: 'mysql',
  sqlite: 'sqlite',
  'microsoft.sql_server': 'mssql',
  mssql: 'mssql',
  'oracle.db': 'oracle',
  oracle: 'oracle',
  // of another grammar, near enough to the standard to be told apart by shape
  other_sql: 'postgresql',
  'ibm.db2': 'postgresql',
  db2: 'postgresql',
  h2database: 'postgresql',
  h2: 'postgresql',
  hsqldb: 'postgresql',
  clickhouse: 'postgresql',
  trino: 'postgresql',
}

/**
 * Reads the statement of a span, by the stable conventions for databases or those before (`db.system`, `db.statement`).
 *
 * @param longestText length at which the tracer cuts attributes; 0 for none.
 * @returns undefined for a span of something else: another kind of store, a connection that is opened.
 */
export function databaseCallOf(attributes: SpanAttributes, longestText = 0): DatabaseCall | undefined {
  const system = textOf(attributes['db.system.name']) ?? textOf(attributes['db.system'])
  const dialect = system === undefined ? undefined : DIALECTS[system]
  if (dialect === undefined) return undefined
  const text = textOf(attributes['db.query.text']) ?? textOf(attributes['db.statement'])
  if (text === undefined && !namesOperation(attributes)) return undefined
  const rows = attributes['db.response.returned_rows']
  const frame = frameOf(attributes)
  return {
    dialect,
    ...(text === undefined ? {} : { text }),
    isCut: text !== undefined && isCut(text, longestText),
    ...(typeof rows === 'number' ? { rows } : {}),
    ...(frame === undefined ? {} : { frame }),
  }
}

/** What connects, or waits for a connection, names neither. */
function namesOperation(attributes: SpanAttributes): boolean {
  return ['db.query.summary', 'db.operation.name', 'db.operation', 'db.sql.table'].some(
    (name) => textOf(attributes[name]) !== undefined,
  )
}

function isCut(text: string, longest: number): boolean {
  return (longest > 0 && text.length >= longest) || /(?:\.\.\.|…|\[truncated\])\s*$/i.test(text)
}

/** The line that the instrumentation took, if it takes one. */
function frameOf(attributes: SpanAttributes): Frame | undefined {
  const file = textOf(attributes['code.file.path']) ?? textOf(attributes['code.filepath'])
  const line = attributes['code.line.number'] ?? attributes['code.lineno']
  if (file === undefined || typeof line !== 'number') return undefined
  const column = attributes['code.column.number'] ?? attributes['code.column']
  const name = textOf(attributes['code.function.name']) ?? textOf(attributes['code.function'])
  return { file, line, column: typeof column === 'number' ? column : 1, function: name ?? '' }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
