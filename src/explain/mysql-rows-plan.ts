import type { Plan } from '../model/plan.ts'
import { type MysqlRow, mysqlRow } from './mysql-row.ts'
import type { ExplainRow } from './mysql-row-text.ts'
import { emptyBlock, joined, modifying } from './mysql-table.ts'
import type { PlanDraft } from './plan-draft.ts'
import { defined } from './plan-fields.ts'
import { planFingerprint } from './plan-fingerprint.ts'
import type { PlanReading } from './plan-origin.ts'
import { finishTree } from './plan-totals.ts'
import { unreadable } from './unreadable-plan.ts'

/**
 * Reads the tabular EXPLAIN of MySQL and MariaDB, a row for each table.
 *
 * It has neither costs nor conditions, nor does it say which query a subquery belongs to: that is taken to be the outermost.
 * Whose it is, is seen by its columns: only MySQL has both, `partitions` and `filtered`.
 *
 * @throws NonplusError `ERR_PLAN_UNREADABLE` where no row has a `select_type`.
 */
export function mysqlRowsPlan(given: readonly ExplainRow[], about: PlanReading = {}): Plan {
  const [first] = given
  if (first === undefined || !given.some((row) => typeof row.select_type === 'string'))
    throw unreadable('rows of EXPLAIN, each with its `select_type`', given)
  const engine = engineOf(first, about)
  const root = finishTree(
    new Blocks(
      given.map((row) => mysqlRow(row, engine)),
      engine,
    ).whole(),
  )
  return {
    engine,
    serverVersion: about.serverVersion ?? '',
    format: engine === 'mysql' ? 'mysql-table' : 'mariadb-table',
    mode: 'plan',
    fingerprint: planFingerprint(root, engine),
    root,
    warnings: [],
  }
}

function engineOf(row: ExplainRow, { engine, serverVersion = '' }: PlanReading): 'mysql' | 'mariadb' {
  if (engine === 'mysql' || engine === 'mariadb') return engine
  if (serverVersion !== '') return /mariadb/i.test(serverVersion) ? 'mariadb' : 'mysql'
  return 'partitions' in row && 'filtered' in row && !('r_rows' in row) ? 'mysql' : 'mariadb'
}

/** The query blocks that rows belong to, by their ids. */
class Blocks {
  readonly #rows: readonly MysqlRow[]
  readonly #engine: 'mysql' | 'mariadb'

  constructor(rows: readonly MysqlRow[], engine: 'mysql' | 'mariadb') {
    this.#rows = rows
    this.#engine = engine
  }

  whole(): PlanDraft {
    const first = this.#rows.find((row) => row.id !== undefined)?.id ?? 1
    const body = this.#block(first, new Set())
    const rows = body.planRows ?? 1
    return { ...body, children: [...body.children, ...this.#subqueries(rows), ...this.#kept()] }
  }

  /** Those of the select list and of conditions. */
  #subqueries(rows: number): PlanDraft[] {
    const ids = this.#idsOf((row) => /SUBQUERY$/.test(row.selectType))
    return ids.map((id) => {
      const correlated = this.#rows.some((row) => row.id === id && /^(?:DEPENDENT|UNCACHEABLE)/.test(row.selectType))
      return {
        ...this.#block(id, new Set()),
        parentRelationship: correlated ? ('subplan' as const) : ('initplan' as const),
        subplanName: `select #${id}`,
        ...(correlated ? { correlated, runs: Math.max(1, rows) } : {}),
      }
    })
  }

  /** Of `NOT IN`, in MariaDB: kept, and looked up, without a table of its own. */
  #kept(): PlanDraft[] {
    const named = new Set(this.#rows.map(({ table }) => table))
    const ids = this.#idsOf(({ id, selectType }) => selectType === 'MATERIALIZED' && !named.has(`<subquery${id}>`))
    return ids.map((id) => ({
      op: 'materialize',
      nodeType: 'materialization',
      parentRelationship: 'subplan',
      subplanName: `select #${id}`,
      hashed: true,
      children: [{ ...this.#block(id, new Set()), parentRelationship: 'outer' }],
    }))
  }

  #idsOf(matches: (row: MysqlRow) => boolean): number[] {
    return [...new Set(this.#rows.filter(matches).flatMap(({ id }) => id ?? []))]
  }

  /** @param inside blocks that it stands in, since a recursive one reads itself. */
  #block(id: number, inside: ReadonlySet<number>): PlanDraft {
    const own = new Set([...inside, id])
    const union = this.#unionFrom(id)
    if (union === undefined || inside.has(id)) return this.#select(id, own)
    const members = union.ids.map((member) => this.#select(member, own))
    return {
      op: 'union',
      nodeType: 'union_result',
      ...defined({ source: union.source, notes: union.notes }),
      children: members.map((member) => ({ ...member, parentRelationship: 'member' as const })),
    }
  }

  /** Where a block is the first of a union, all of it. UNION ALL has no row of its own in MySQL. */
  #unionFrom(id: number): { ids: readonly number[]; source?: string; notes?: string[] } | undefined {
    const result = this.#rows.find(
      ({ selectType, table }) => selectType === 'UNION RESULT' && unionIds(table)[0] === id,
    )
    if (result !== undefined) {
      const { table, extra } = result
      const notes = extra.includes('Using temporary') ? { notes: ['temporary table'] } : {}
      return { ids: unionIds(table), ...defined({ source: table }), ...notes }
    }
    const named = new Set(this.#rows.flatMap(({ table }) => unionIds(table)))
    const at = this.#rows.findLastIndex((row) => row.id === id)
    const rest = this.#rows.slice(at + 1)
    const end = rest.findIndex((row) => !/UNION$/.test(row.selectType) || named.has(row.id ?? 0))
    const members = (end < 0 ? rest : rest.slice(0, end)).flatMap((row) => row.id ?? [])
    const isMember = this.#rows.some((row) => row.id === id && /UNION$/.test(row.selectType))
    return members.length === 0 || isMember ? undefined : { ids: [id, ...new Set(members)] }
  }

  #select(id: number, inside: ReadonlySet<number>): PlanDraft {
    const rows = this.#rows.filter((row) => row.id === id && row.selectType !== 'UNION RESULT')
    const target = rows.find(({ selectType }) => selectType === 'INSERT' || selectType === 'REPLACE')
    const [first, ...others] = rows.filter((row) => row !== target)
    if (first === undefined) return changing(target, emptyBlock({}))
    const extra = rows.flatMap((row) => row.extra)
    const isStored = extra.includes('Using temporary')
    const isSorted = extra.includes('Using filesort')
    const isSortedFirst = this.#engine === 'mariadb' && isSorted && !isStored
    const start = this.#table(first, inside)
    const tables = others.map((row) => this.#table(row, inside))
    const body = tables.reduce(joinOf, isSortedFirst ? sorted(start, this.#engine, false) : start)
    const operation = /^(?:UPDATE|DELETE)$/.exec(first.selectType)?.[0].toLowerCase()
    const worked = isSortedFirst ? body : this.#worked(body, isStored, isSorted)
    return changing(target, modifying(operation === undefined ? worked : { ...worked, operation }))
  }

  #worked(body: PlanDraft, isStored: boolean, isSorted: boolean): PlanDraft {
    if (this.#engine === 'mysql')
      return isSorted ? sorted(body, 'mysql', isStored) : isStored ? stored(body, 'mysql') : body
    const inner = isStored ? stored(body, 'mariadb') : body
    return isSorted ? sorted(inner, 'mariadb', false) : inner
  }

  #table({ draft, table = '', extra }: MysqlRow, inside: ReadonlySet<number>): PlanDraft {
    if (extra.includes('Recursive')) {
      const { relation: _, ...rest } = draft
      return { ...rest, op: 'cte-scan', source: table }
    }
    const id = Number(/^<(?:derived|subquery)(\d+)>$/.exec(table)?.[1])
    if (Number.isNaN(id)) return draft
    if (inside.has(id)) return draft
    const made = { ...this.#block(id, inside), parentRelationship: 'outer' as const }
    const nodeType = this.#engine === 'mysql' ? 'materialized_from_subquery' : 'materialized'
    return {
      ...draft,
      op: 'subquery-scan',
      children: [{ op: 'materialize', nodeType, parentRelationship: 'subquery', children: [made] }],
    }
  }
}

function unionIds(table = ''): number[] {
  return (/^<union([\d,]+)>$/.exec(table)?.[1] ?? '').split(',').filter(Boolean).map(Number)
}

function joinOf(outer: PlanDraft, inner: PlanDraft): PlanDraft {
  const planRows =
    outer.planRows === undefined || inner.planRows === undefined ? undefined : outer.planRows * inner.planRows
  return { ...joined(outer, inner), ...defined({ planRows }) }
}

function sorted(below: PlanDraft, engine: 'mysql' | 'mariadb', isStored: boolean): PlanDraft {
  return {
    op: 'sort',
    nodeType: engine === 'mysql' ? 'ordering_operation' : 'filesort',
    ...defined({ planRows: engine === 'mysql' ? below.planRows : undefined }),
    notes: ['filesort', ...(isStored ? ['temporary table'] : [])],
    children: [{ ...below, parentRelationship: 'outer' }],
  }
}

function stored(below: PlanDraft, engine: 'mysql' | 'mariadb'): PlanDraft {
  return {
    op: 'temp-table',
    nodeType: engine === 'mysql' ? 'using_temporary_table' : 'temporary_table',
    ...defined({ planRows: engine === 'mysql' ? below.planRows : undefined }),
    notes: ['temporary table'],
    children: [{ ...below, parentRelationship: 'outer' }],
  }
}

function changing(target: MysqlRow | undefined, content: PlanDraft): PlanDraft {
  if (target === undefined) return content
  const operation = target.selectType.toLowerCase()
  return {
    op: 'modify-table',
    nodeType: target.selectType,
    operation,
    ...defined({ relation: target.table }),
    children: [{ ...content, parentRelationship: 'outer' }],
  }
}
