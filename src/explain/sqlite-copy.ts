import type { CatalogTable } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { quoted } from '../sql/quote-name.ts'
import type { SqliteRows } from './sqlite-cost.ts'
import { sqliteSample } from './sqlite-sample.ts'

/** How long a copy is taken for what the database is. Milliseconds. */
const KEPT_MS = 5_000

/**
 * A copy of a database of SQLite, in memory: its schema, a sample of the rows of some of its tables, and the statistics of
 * these.
 */
export class SqliteCopy {
  readonly memory: SideConnection
  readonly #source: SideConnection
  /** Rows of each table that has a sample here, and how many the sample has. */
  readonly #totals = new Map<string, { readonly total: number; readonly sampled: number }>()
  readonly #rowids = new Map<string, string>()
  /** Rows for each value of the first column, of the first two, …. */
  readonly #perLookup = new Map<string, readonly number[]>()

  private constructor(source: SideConnection, memory: SideConnection) {
    this.#source = source
    this.memory = memory
  }

  /**
   * A copy of the schema, without rows; undefined where the driver cannot make one.
   *
   * @throws the driver's error.
   */
  static async of(source: SideConnection): Promise<SqliteCopy | undefined> {
    const memory = await source.clone?.()
    if (memory === undefined) return undefined
    const copy = new SqliteCopy(source, memory)
    try {
      await copy.#copySchema()
      return copy
    } catch (error) {
      await memory.close()
      throw error
    }
  }

  /** A column that is the key which the table itself is ordered by. */
  isRowid(table: string, column: string): boolean {
    return this.#rowids.get(table.toLowerCase()) === column.replaceAll('"', '').toLowerCase()
  }

  rowsOf(table: string): number | undefined {
    return this.#totals.get(table.toLowerCase())?.total
  }

  get rows(): SqliteRows {
    return {
      of: (table) => this.rowsOf(table),
      perLookup: (index, columns) => this.#perLookup.get(index)?.[columns - 1],
    }
  }

  /** Takes in those of the tables that are not here yet. */
  async fill(tables: readonly CatalogTable[]): Promise<void> {
    const missing = tables.filter(({ name }) => !this.#totals.has(name.toLowerCase()))
    if (missing.length === 0) return
    for (const { name, rows } of missing) await this.#copySample(name, rows)
    for (const { name } of missing) await this.memory.query(`analyze ${quoted(name)}`)
    await this.#copyStatistics(missing)
    await this.memory.query('analyze sqlite_master')
  }

  async #copySchema(): Promise<void> {
    await this.memory.query('pragma foreign_keys = off')
    await this.memory.query('pragma ignore_check_constraints = on')
    const master = await this.#source.query(
      "select type, name, sql from sqlite_master where sql is not null and name not like 'sqlite\\_%' escape '\\' order by type = 'view', type = 'index'",
    )
    for (const { sql, type } of master) {
      if (type === 'trigger') continue
      await this.memory.query(String(sql)).catch(() => []) // a module or a function that is not here
    }
  }

  async #copySample(table: string, counted: number | undefined): Promise<void> {
    const keys = await this.#source.query('select name, type from pragma_table_info(?) where pk > 0', [table])
    const [key] = keys
    if (keys.length === 1 && /^integer$/i.test(String(key?.type))) {
      this.#rowids.set(table.toLowerCase(), String(key?.name).toLowerCase())
    }
    const { columns, rows, total } = await sqliteSample(this.#source, table, counted)
    this.#totals.set(table.toLowerCase(), { total, sampled: rows.length })
    if (rows.length === 0) return
    const names = columns.map(quoted).join(', ')
    const places = columns.map(() => '?').join(', ')
    const insert = `insert or ignore into ${quoted(table)} (${names}) values (${places})`
    const values = rows.map((row) => columns.map((column) => row[column]))
    await this.memory.each?.(insert, values).catch(() => undefined) // a table of a module that is not here
  }

  /** Those of the database where it has some; else what the sample tells, for as many rows as there are. */
  async #copyStatistics(tables: readonly CatalogTable[]): Promise<void> {
    for (const { name, statistics, indexes } of tables) {
      if (statistics.isMissing) {
        await this.memory.query('delete from sqlite_stat1 where tbl = ? and idx is null', [name])
        await this.#setRows(name)
        for (const index of indexes) await this.scale(index.name, name, index.columns.map(quoted))
        continue
      }
      await this.#copyRows('sqlite_stat1', ['tbl', 'idx', 'stat'], name)
      await this.#copyRows('sqlite_stat4', ['tbl', 'idx', 'neq', 'nlt', 'ndlt', 'sample'], name).catch(() => undefined)
    }
  }

  async #setRows(table: string): Promise<void> {
    await this.memory.query('insert into sqlite_stat1 (tbl, idx, stat) values (?, null, ?)', [
      table,
      String(this.rowsOf(table) ?? 0),
    ])
  }

  async #copyRows(from: string, columns: readonly string[], table: string): Promise<void> {
    const names = columns.join(', ')
    const rows = await this.#source.query(`select ${names} from ${from} where tbl = ?`, [table])
    await this.memory.query(`delete from ${from} where tbl = ?`, [table])
    for (const row of rows) {
      const text = `insert into ${from} (${names}) values (${columns.map(() => '?').join(', ')})`
      await this.memory.query(
        text,
        columns.map((column) => row[column]),
      )
    }
  }

  /** Gives an index that was analyzed the statistics of the sample, as they would be over the table. */
  async scale(index: string, table: string, keys: readonly string[]): Promise<void> {
    const { total = 0, sampled = 0 } = this.#totals.get(table.toLowerCase()) ?? {}
    if (sampled === 0) return
    const perLookup: number[] = []
    for (let length = 1; length <= keys.length; length++) {
      const groups = `select count(*) as size from ${quoted(table)} group by ${keys.slice(0, length).join(', ')}`
      const [row] = await this.memory.query(`select count(*) as all_, sum(size = 1) as once from (${groups})`)
      const distinct = distinctOf(Number(row?.all_ ?? 1), Number(row?.once ?? 0), sampled, total)
      perLookup.push(Math.max(1, Math.round(total / Math.max(1, distinct))))
    }
    this.#perLookup.set(index, perLookup)
    await this.memory.query('delete from sqlite_stat1 where idx = ?', [index])
    const stat = [total, ...perLookup].join(' ')
    await this.memory.query('insert into sqlite_stat1 (tbl, idx, stat) values (?, ?, ?)', [table, index, stat])
    await this.#scaleSamples(index, total / sampled, perLookup).catch(() => undefined) // SQLite without STAT4
  }

  async #scaleSamples(index: string, factor: number, perLookup: readonly number[]): Promise<void> {
    const rows = await this.memory.query('select rowid as id, neq, nlt, ndlt from sqlite_stat4 where idx = ?', [index])
    for (const { id, neq, nlt, ndlt } of rows) {
      const equal = numbers(neq).map((count, at) => (count <= 3 ? (perLookup[at] ?? 1) : Math.round(count * factor)))
      const less = numbers(nlt).map((count) => Math.round(count * factor))
      await this.memory.query('update sqlite_stat4 set neq = ?, nlt = ?, ndlt = ? where rowid = ?', [
        equal.join(' '),
        less.join(' '),
        String(ndlt),
        id,
      ])
    }
  }

  /** Drops an index that was made here. */
  async drop(index: string): Promise<void> {
    await this.memory.query(`drop index if exists ${quoted(index)}`)
    this.#perLookup.delete(index)
  }

  async close(): Promise<void> {
    await this.memory.close()
  }
}

interface Kept {
  readonly copy: SqliteCopy
  readonly version: unknown
  readonly until: number
}

const kept = new WeakMap<SideConnection, Kept>()

/**
 * The copy of a database that its connection keeps for a while, since statements come one after another and share their
 * tables; another one when the schema has changed.
 */
export async function sqliteCopy(source: SideConnection): Promise<SqliteCopy | undefined> {
  const [row] = await source.query('select schema_version as version from pragma_schema_version')
  const known = kept.get(source)
  if (known !== undefined && known.version === row?.version && performance.now() < known.until) return known.copy
  await dropSqliteCopy(source)
  const copy = await SqliteCopy.of(source)
  if (copy !== undefined) kept.set(source, { copy, version: row?.version, until: performance.now() + KEPT_MS })
  return copy
}

/** Lets go of the copy, where there is one: something has failed in it. */
export async function dropSqliteCopy(source: SideConnection): Promise<void> {
  const known = kept.get(source)
  kept.delete(source)
  await known?.copy.close()
}

/** Distinct values of a table by those of a sample, after Haas and Stokes: what was met once stands for more like it. */
function distinctOf(distinct: number, once: number, sampled: number, total: number): number {
  return (sampled * distinct) / (sampled - once + (once * sampled) / Math.max(1, total))
}

function numbers(list: unknown): number[] {
  return String(list).split(' ').map(Number)
}
