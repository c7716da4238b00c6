import type { SideConnection, SideRow } from '../model/side-connection.ts'
import { backquoted } from '../sql/quote-name.ts'

/** Rows of each piece, and pieces over the whole of a table. */
const PIECE_ROWS = 64
const PIECES = 40
/** A sample of all over a table that is smaller was not taken from all over it. */
const LEAST_SHARE = 0.5
/** Times that rows may lie closer than on average. */
const MOST_UNEVEN = 3
/** Of a text: what comes behind it does not tell values apart often enough to be carried along. */
const LONGEST_TEXT = 255

/** Name of the column that numbers the pieces of a sample. */
export const PIECE = 'nonplus_piece'

/** The golden ratio: multiples of it are spread over each whole number as evenly as may be. */
const GOLDEN = 0.618_034

const SAMPLE_ROWS = PIECE_ROWS * PIECES
/** A table up to here is taken whole. */
export const MOST_ROWS = 5_000

const COLUMNS = `SELECT column_name AS name, LOWER(data_type) AS type, CAST(character_maximum_length AS CHAR) AS longest,
    generation_expression AS made FROM information_schema.columns
  WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position`

const KEY = `SELECT column_name AS name FROM information_schema.statistics
  WHERE table_schema = ? AND table_name = ? AND index_name = 'PRIMARY' ORDER BY seq_in_index`

/** A table of the application, and where a sample of it goes. */
export interface SampleOrder {
  readonly schema: string
  readonly table: string
  /** Quoted, with its schema. */
  readonly target: string
  /** Rows by the statistics. */
  readonly rows: number
  /** Rows up to which all are taken. */
  readonly most: number
}

/** What of a table was taken. */
export interface SampleTaken {
  /** Columns that hold what they were given. */
  readonly columns: readonly string[]
  readonly sampled: number
  readonly total: number
}

/**
 * Copies rows of a table into a temporary one, on the server: all, or some thousand from all over it, by ranges of its
 * primary key. Undefined where that would not be a fair sample: a large table without such a key, or with one that
 * leaves wide gaps.
 *
 * @throws the driver's error.
 */
export async function mysqlSample(connection: SideConnection, order: SampleOrder): Promise<SampleTaken | undefined> {
  const { schema, table, target, rows, most } = order
  const all = await connection.query(COLUMNS, [schema, table])
  const columns = all.filter(({ made }) => made === null || made === '')
  const names = columns.map(({ name }) => backquoted(String(name)))
  const list = columns.map(shortened).join(', ')
  const source = `${backquoted(schema)}.${backquoted(table)}`
  const insert = (piece: number, rest: string): string =>
    `INSERT IGNORE INTO ${target} (${[...names, PIECE].join(', ')}) SELECT ${list}, ${piece} FROM ${source} ${rest}`
  const isWhole = rows <= most
  if (isWhole) await connection.query(insert(0, `LIMIT ${most * 2}`))
  else {
    const way = await wayThrough(connection, order, all, source)
    if (way === undefined) return undefined
    const { key, pivots } = way
    for (const [piece, pivot] of pivots.entries()) {
      await connection.query(insert(piece, `WHERE ${key} >= ${pivot} ORDER BY ${key} LIMIT ${PIECE_ROWS}`))
    }
    if (way.isNumber && !(await isEven(connection, target, key))) return undefined
  }
  const [count] = await connection.query(`SELECT COUNT(*) AS sampled FROM ${target}`)
  const sampled = Number(count?.sampled ?? 0)
  if (sampled === 0 || (!isWhole && sampled < SAMPLE_ROWS * LEAST_SHARE)) return undefined
  const isAll = isWhole && sampled < most * 2
  return { columns: names, sampled, total: isAll ? sampled : Math.max(rows, sampled) }
}

interface Way {
  readonly key: string
  readonly isNumber: boolean
  /** Where each piece begins; worked out by the server, so that no value leaves it. */
  readonly pivots: readonly string[]
}

async function wayThrough(
  connection: SideConnection,
  { schema, table }: SampleOrder,
  columns: readonly SideRow[],
  source: string,
): Promise<Way | undefined> {
  const [first, second] = await connection.query(KEY, [schema, table])
  const column = columns.find(({ name }) => name === first?.name)
  // of a key of two columns, one value of the first may be that of nearly all rows
  if (column === undefined || second !== undefined) return undefined
  const key = backquoted(String(column.name))
  const pieces = Array.from({ length: PIECES }, (_, piece) => piece)
  if (/int$|^decimal$/.test(String(column.type))) {
    const at = (piece: number): string =>
      `(SELECT MIN(${key}) + FLOOR((MAX(${key}) - MIN(${key})) / ${PIECES} * ${placeOf(piece)}) FROM ${source})`
    return { key, isNumber: true, pivots: pieces.map(at) }
  }
  const write = writers[String(column.type)]
  return write === undefined ? undefined : { key, isNumber: false, pivots: pieces.map((piece) => write(digits(piece))) }
}

/** Not in equal steps, which would meet data that repeats itself, as generated data does, always at the same place. */
function placeOf(piece: number): string {
  return (piece + ((piece * GOLDEN) % 1) / 2).toFixed(4)
}

/** Of keys that are random, as UUIDs and hashes are, by their first two digits. */
const writers: Readonly<Record<string, (digits: string) => string>> = {
  char: (digits) => `'${digits}'`,
  varchar: (digits) => `'${digits}'`,
  binary: (digits) => `X'${digits}'`,
  uuid: (digits) => `'${digits}000000-0000-0000-0000-000000000000'`,
}

function digits(piece: number): string {
  const first = Math.floor((piece * 256) / PIECES)
  return first.toString(16).padStart(2, '0')
}

/** Whether rows lie as close everywhere: else pieces that are as far apart stand for unlike numbers of rows. */
async function isEven(connection: SideConnection, target: string, key: string): Promise<boolean> {
  const density = `SELECT COUNT(*) / (MAX(${key}) - MIN(${key}) + 1) AS density FROM ${target} GROUP BY ${PIECE}`
  const [row] = await connection.query(`SELECT MAX(density) / AVG(density) AS ratio FROM (${density}) AS d`)
  return Number(row?.ratio ?? 0) <= MOST_UNEVEN
}

/** Long texts are cut; a document that is long is left out, for a part of it is none. */
function shortened({ name, type, longest }: SideRow): string {
  const column = backquoted(String(name))
  if (type === 'json') return `IF(LENGTH(${column}) <= ${LONGEST_TEXT * 8}, ${column}, '{}')`
  const isText = /(char|text|blob|binary)$/.test(String(type))
  return isText && Number(longest ?? 0) > LONGEST_TEXT ? `LEFT(${column}, ${LONGEST_TEXT})` : column
}
