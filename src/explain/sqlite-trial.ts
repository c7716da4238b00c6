import type { CatalogTable } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { type IndexCandidate, indexDdl, indexName } from './index-candidate.ts'
import type { IndexTrial, TrialOutcome } from './index-trial.ts'
import type { ExplainRequest } from './request.ts'
import { type SqliteCost, sqliteCost } from './sqlite-cost.ts'
import { quoted, sqliteSample } from './sqlite-sample.ts'
import { placeholdersOf } from './sqlite-values.ts'

/** A table below this is read faster than an index is looked up. */
const FEWEST_ROWS = 1000

/**
 * Tries indexes in a copy of the schema, in memory, with a sample of the rows of each table of the plan and the statistics
 * of all; undefined where the driver cannot make one, or where it does not plan the statement as the database does.
 *
 * @throws the driver's error.
 */
export async function sqliteTrial(
  connection: SideConnection,
  request: ExplainRequest,
  tables: readonly CatalogTable[],
): Promise<IndexTrial | undefined> {
  const memory = await connection.clone?.()
  if (memory === undefined) return undefined
  const clone = new SqliteClone(connection, memory, request)
  try {
    await clone.fill(tables)
    const before = await clone.explain()
    const isKnown = tables.every(({ statistics }) => !statistics.isMissing)
    if (isKnown && !(await clone.plansAlike(before))) {
      await clone.close()
      return undefined
    }
    return trialOf(clone, before.cost)
  } catch (error) {
    await clone.close()
    throw error
  }
}

function trialOf(clone: SqliteClone, costBefore: number): IndexTrial {
  return {
    by: 'sqlite-clone',
    costBefore,
    supports: ({ table, include, keys }) => {
      const isLarge = (clone.rowsOf(table.name) ?? 0) >= FEWEST_ROWS
      return include.length === 0 && isLarge && !clone.isRowid(table.name, keys[0]?.text ?? '')
    },
    planWith: (candidates) => clone.planWith(candidates),
    bytesOf: async () => undefined,
    shareOf: (candidate) => clone.shareOf(candidate),
    close: () => clone.close(),
  }
}

class SqliteClone {
  readonly #source: SideConnection
  readonly #memory: SideConnection
  readonly #request: ExplainRequest
  /** Rows of each table that has a sample here, and how many the sample has. */
  readonly #totals = new Map<string, { readonly total: number; readonly sampled: number }>()
  readonly #rowids = new Map<string, string>()
  /** Rows for each value of the first column, of the first two, …. */
  readonly #perLookup = new Map<string, readonly number[]>()

  constructor(source: SideConnection, memory: SideConnection, request: ExplainRequest) {
    this.#source = source
    this.#memory = memory
    this.#request = request
  }

  /** A column that is the key which the table itself is ordered by. */
  isRowid(table: string, column: string): boolean {
    return this.#rowids.get(table.toLowerCase()) === column.replaceAll('"', '').toLowerCase()
  }

  rowsOf(table: string): number | undefined {
    return this.#totals.get(table.toLowerCase())?.total
  }

  async fill(tables: readonly CatalogTable[]): Promise<void> {
    await this.#memory.query('pragma foreign_keys = off')
    await this.#memory.query('pragma ignore_check_constraints = on')
    const master = await this.#source.query(
      "select type, name, sql from sqlite_master where sql is not null and name not like 'sqlite\\_%' escape '\\' order by type = 'view', type = 'index'",
    )
    for (const { sql, type } of master) {
      if (type === 'trigger') continue
      await this.#memory.query(String(sql)).catch(() => []) // a module or a function that is not here
    }
    for (const { name, rows } of tables) await this.#copySample(name, rows)
    await this.#memory.query('analyze')
    await this.#copyStatistics(tables)
    await this.#memory.query('analyze sqlite_master')
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
    await this.#memory.query('begin')
    for (const row of rows) {
      await this.#memory
        .query(
          insert,
          columns.map((column) => row[column]),
        )
        .catch(() => []) // a column that is generated
    }
    await this.#memory.query('commit')
  }

  /** Those of the database where it has some; else what the sample tells, for as many rows as there are. */
  async #copyStatistics(tables: readonly CatalogTable[]): Promise<void> {
    for (const { name, statistics, indexes } of tables) {
      if (statistics.isMissing) {
        await this.#memory.query('delete from sqlite_stat1 where tbl = ? and idx is null', [name])
        await this.#setRows(name)
        for (const index of indexes) await this.#scale(index.name, name, index.columns.map(quoted))
        continue
      }
      await this.#copyRows('sqlite_stat1', ['tbl', 'idx', 'stat'], name)
      await this.#copyRows('sqlite_stat4', ['tbl', 'idx', 'neq', 'nlt', 'ndlt', 'sample'], name).catch(() => undefined)
    }
  }

  async #setRows(table: string): Promise<void> {
    await this.#memory.query('insert into sqlite_stat1 (tbl, idx, stat) values (?, null, ?)', [
      table,
      String(this.rowsOf(table) ?? 0),
    ])
  }

  async #copyRows(from: string, columns: readonly string[], table: string): Promise<void> {
    const names = columns.join(', ')
    const rows = await this.#source.query(`select ${names} from ${from} where tbl = ?`, [table])
    await this.#memory.query(`delete from ${from} where tbl = ?`, [table])
    for (const row of rows) {
      const text = `insert into ${from} (${names}) values (${columns.map(() => '?').join(', ')})`
      await this.#memory.query(
        text,
        columns.map((column) => row[column]),
      )
    }
  }

  /** Statistics of an index over the sample, as they would be over the table. */
  async #scale(index: string, table: string, keys: readonly string[]): Promise<void> {
    const { total = 0, sampled = 0 } = this.#totals.get(table.toLowerCase()) ?? {}
    if (sampled === 0) return
    const perLookup: number[] = []
    for (let length = 1; length <= keys.length; length++) {
      const groups = `select count(*) as size from ${quoted(table)} group by ${keys.slice(0, length).join(', ')}`
      const [row] = await this.#memory.query(`select count(*) as all_, sum(size = 1) as once from (${groups})`)
      const distinct = distinctOf(Number(row?.all_ ?? 1), Number(row?.once ?? 0), sampled, total)
      perLookup.push(Math.max(1, Math.round(total / Math.max(1, distinct))))
    }
    this.#perLookup.set(index, perLookup)
    await this.#memory.query('delete from sqlite_stat1 where idx = ?', [index])
    const stat = [total, ...perLookup].join(' ')
    await this.#memory.query('insert into sqlite_stat1 (tbl, idx, stat) values (?, ?, ?)', [table, index, stat])
    await this.#scaleSamples(index, total / sampled, perLookup).catch(() => undefined) // SQLite without STAT4
  }

  async #scaleSamples(index: string, factor: number, perLookup: readonly number[]): Promise<void> {
    const rows = await this.#memory.query('select rowid as id, neq, nlt, ndlt from sqlite_stat4 where idx = ?', [index])
    for (const { id, neq, nlt, ndlt } of rows) {
      const equal = numbers(neq).map((count, at) => (count <= 3 ? (perLookup[at] ?? 1) : Math.round(count * factor)))
      const less = numbers(nlt).map((count) => Math.round(count * factor))
      await this.#memory.query('update sqlite_stat4 set neq = ?, nlt = ?, ndlt = ? where rowid = ?', [
        equal.join(' '),
        less.join(' '),
        String(ndlt),
        id,
      ])
    }
  }

  async explain(): Promise<SqliteCost> {
    return this.#explainOn(this.#memory)
  }

  async #explainOn(connection: SideConnection): Promise<SqliteCost> {
    const { text, values } = this.#request
    const bound = values ?? placeholdersOf(text).map(() => null)
    const rows = await connection.query(`EXPLAIN QUERY PLAN ${text}`, bound)
    return sqliteCost(rows, {
      of: (table) => this.rowsOf(table),
      perLookup: (index, columns) => this.#perLookup.get(index)?.[columns - 1],
    })
  }

  /** The same steps in the same order. */
  async plansAlike(before: SqliteCost): Promise<boolean> {
    const source = await this.#explainOn(this.#source)
    return source.details.join('\n') === before.details.join('\n')
  }

  async planWith(candidates: readonly IndexCandidate[]): Promise<TrialOutcome | undefined> {
    try {
      for (const candidate of candidates) await this.#make(candidate)
      await this.#memory.query('analyze sqlite_master')
      const { cost, details } = await this.explain()
      const uses = candidates.map((candidate) => {
        const isUsed = details.some((detail) => detail.split(/\s+/).includes(indexName(candidate)))
        return isUsed ? ('partly' as const) : ('none' as const)
      })
      return { cost, uses }
    } catch {
      return undefined
    } finally {
      for (const candidate of candidates) {
        await this.#memory.query(`drop index if exists ${quoted(indexName(candidate))}`)
      }
    }
  }

  async #make(candidate: IndexCandidate): Promise<void> {
    await this.#memory.query(indexDdl(candidate, 'sqlite'))
    await this.#memory.query(`analyze ${quoted(indexName(candidate))}`)
    await this.#scale(
      indexName(candidate),
      candidate.table.name,
      candidate.keys.map(({ text }) => text),
    )
  }

  async shareOf({ table, predicate }: IndexCandidate): Promise<number | undefined> {
    const [row] = await this.#memory.query(
      `select count(*) as all_, sum(${predicate}) as kept from ${quoted(table.name)}`,
    )
    return Number(row?.kept ?? 0) / Math.max(1, Number(row?.all_ ?? 0))
  }

  async close(): Promise<void> {
    await this.#memory.close()
  }
}

/** Distinct values of a table by those of a sample, after Haas and Stokes: what was met once stands for more like it. */
function distinctOf(distinct: number, once: number, sampled: number, total: number): number {
  return (sampled * distinct) / (sampled - once + (once * sampled) / Math.max(1, total))
}

function numbers(list: unknown): number[] {
  return String(list).split(' ').map(Number)
}
