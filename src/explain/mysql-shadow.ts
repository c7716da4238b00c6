import { randomBytes } from 'node:crypto'
import type { SideConnection } from '../model/side-connection.ts'
import { backquoted } from '../sql/quote-name.ts'
import { MOST_ROWS, mysqlSample, PIECE, type SampleTaken } from './mysql-sample.ts'

/** Tells the names of indexes that are tried. */
export const TRIAL_INDEX = 'nonplus_trial_'

/**
 * A temporary table that this connection alone sees, in the place of one of the application's: with its columns, its
 * indexes and a sample of its rows.
 *
 * Every statement that writes names a table of a name that no other has, or runs in a READ ONLY transaction, which lets
 * only temporary tables be written: were the shadow not there, nothing would happen to the table.
 */
export class MysqlShadow {
  readonly taken: SampleTaken
  readonly #connection: SideConnection
  readonly #schema: string
  readonly #table: string
  readonly #sample: string
  readonly #trial: string
  readonly #perValue = new Map<string, number | undefined>()

  private constructor(connection: SideConnection, place: Place, taken: SampleTaken) {
    this.#connection = connection
    this.#schema = place.schema
    this.#table = quoted(place, place.table)
    this.#sample = quoted(place, place.sample)
    this.#trial = quoted(place, `${place.sample}_t`)
    this.taken = taken
  }

  /**
   * @param rows by the statistics.
   * @param most rows up to which all are taken.
   * @returns undefined where no fair sample can be had.
   * @throws the driver's error, where no temporary table can be made like this one.
   */
  static async of(
    connection: SideConnection,
    schema: string,
    table: string,
    { rows, most = MOST_ROWS }: { readonly rows: number; readonly most?: number },
  ): Promise<MysqlShadow | undefined> {
    const place = { schema, table, sample: `nonplus_${randomBytes(6).toString('hex')}` }
    const target = quoted(place, place.sample)
    await connection.query(`CREATE TEMPORARY TABLE ${target} LIKE ${quoted(place, table)}`)
    try {
      await connection.query(`ALTER TABLE ${target} ADD COLUMN ${PIECE} SMALLINT UNSIGNED NOT NULL DEFAULT 0`)
      const order = { schema, table, target, rows, most }
      const taken = await readOnly(connection, () => mysqlSample(connection, order))
      if (taken !== undefined) return new MysqlShadow(connection, place, taken)
      await drop(connection, target)
      return undefined
    } catch (error) {
      await drop(connection, target)
      throw error
    }
  }

  /** Stands in the table's place, with these indexes more, while something runs. */
  async during<Result>(indexes: readonly string[], run: () => Promise<Result>): Promise<Result> {
    const query = (text: string) => this.#connection.query(text)
    const columns = this.taken.columns.join(', ')
    await query(`CREATE TEMPORARY TABLE ${this.#trial} LIKE ${this.#table}`)
    try {
      if (indexes.length > 0)
        await query(`ALTER TABLE ${this.#trial} ${indexes.map((each) => `ADD ${each}`).join(', ')}`)
      await query(`CREATE TEMPORARY TABLE ${this.#table} LIKE ${this.#trial}`)
    } finally {
      await drop(this.#connection, this.#trial)
    }
    try {
      await readOnly(this.#connection, () =>
        query(`INSERT IGNORE INTO ${this.#table} (${columns}) SELECT ${columns} FROM ${this.#sample}`),
      )
      return await run()
    } finally {
      await drop(this.#connection, this.#table)
    }
  }

  /**
   * Rows of the table for each value of these columns, after Haas and Stokes: a value that was met once stands for more like
   * it. Rows that lie beside each other often have the same value, so it is counted in how many pieces of the sample it is.
   */
  async rowsPerValue(columns: readonly string[]): Promise<number | undefined> {
    const list = columns.join(', ')
    if (!this.#perValue.has(list)) this.#perValue.set(list, await this.#countPerValue(list).catch(() => undefined))
    return this.#perValue.get(list)
  }

  async #countPerValue(list: string): Promise<number | undefined> {
    const { sampled, total } = this.taken
    const groups = `SELECT COUNT(DISTINCT ${PIECE}) AS pieces FROM ${this.#sample} GROUP BY ${list}`
    const [row] = await this.#connection.query(
      `SELECT COUNT(*) AS found, SUM(pieces) AS units, SUM(pieces = 1) AS once FROM (${groups}) AS g`,
    )
    const [found, units, once] = [Number(row?.found), Number(row?.units), Number(row?.once)]
    if (!(found > 0)) return undefined
    if (total <= sampled) return total / found
    const distinct = (units * found) / (units - once + (once * sampled) / total)
    return Math.max(1, total / distinct)
  }

  async drop(): Promise<void> {
    await drop(this.#connection, this.#sample)
  }
}

/** A connection on which a table is hidden by its sample would tell wrong plans: it is better closed. */
async function drop(connection: SideConnection, table: string): Promise<void> {
  try {
    await connection.query(`DROP TEMPORARY TABLE ${table}`)
  } catch (error) {
    await connection.close()
    throw error
  }
}

interface Place {
  readonly schema: string
  readonly table: string
  readonly sample: string
}

function quoted({ schema }: Place, table: string): string {
  return `${backquoted(schema)}.${backquoted(table)}`
}

/** At READ COMMITTED, so that what is read is not locked. */
export async function readOnly<Result>(connection: SideConnection, run: () => Promise<Result>): Promise<Result> {
  await connection.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED')
  await connection.query('START TRANSACTION READ ONLY')
  try {
    const result = await run()
    await connection.query('COMMIT')
    return result
  } catch (error) {
    await connection.query('ROLLBACK')
    throw error
  }
}
