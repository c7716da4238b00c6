import type { SideConnection, SideRow } from '../model/side-connection.ts'
import { quoted } from '../sql/quote-name.ts'

/** Rows of each piece, and pieces over the whole of a table: enough to tell a rare value from a common one. */
const PIECE_ROWS = 125
const PIECES = 20
/** Of a text: what comes behind it does not tell values apart often enough to be carried along. */
const LONGEST_TEXT = 200

/** Some rows of a table, from all over it, and how many it has. */
export interface SqliteSample {
  readonly columns: readonly string[]
  readonly rows: readonly SideRow[]
  readonly total: number
}

/**
 * Reads a sample of a table, through its rowid where it has one: some thousand rows, however large it is. They do not
 * leave the process.
 *
 * @param counted rows by the statistics, where there are some.
 * @throws the driver's error.
 */
export async function sqliteSample(
  connection: SideConnection,
  table: string,
  counted: number | undefined,
): Promise<SqliteSample> {
  const name = quoted(table)
  const infos = await connection.query('select name from pragma_table_info(?)', [table])
  const columns = infos.map((info) => String(info.name))
  const list = columns.map((column) => shortened(quoted(column))).join(', ')
  const read = (where: string, limit: number, values: readonly unknown[]): Promise<readonly SideRow[]> =>
    connection.query(`select ${list} from ${name} ${where} limit ${limit}`, values)
  const range = await connection
    // each by itself: both at once would read the whole table
    .query(`select (select min(rowid) from ${name}) as first, (select max(rowid) from ${name}) as last`)
    .catch(() => undefined)
  const all = PIECE_ROWS * PIECES
  const first = Number(range?.[0]?.first ?? 0)
  const last = Number(range?.[0]?.last ?? 0)
  const total = counted ?? (range === undefined ? all : Math.max(0, last - first + 1))
  if (range === undefined || total <= all) {
    const rows = await read('', all, [])
    return { columns, rows, total: rows.length < all ? rows.length : Math.max(total, rows.length) }
  }
  const rows: SideRow[] = []
  for (let piece = 0; piece < PIECES; piece++) {
    const from = Math.floor(first + ((last - first) * piece) / PIECES)
    rows.push(...(await read('where rowid >= ? order by rowid', PIECE_ROWS, [from])))
  }
  return { columns, rows, total: Math.max(total, rows.length) }
}

function shortened(column: string): string {
  const text = `case when typeof(${column}) in ('text', 'blob') then substr(${column}, 1, ${LONGEST_TEXT}) else ${column} end`
  return `${text} as ${column}`
}
