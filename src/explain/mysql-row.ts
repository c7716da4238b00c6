import type { ExplainRow } from './mysql-row-text.ts'
import { estimatedRows, mysqlTable } from './mysql-table.ts'
import type { PlanDraft } from './plan-draft.ts'
import { defined, numberOf, textOf } from './plan-fields.ts'

/** A row of the tabular EXPLAIN, taken apart. */
export interface MysqlRow {
  /** Undefined for the result of a union in MariaDB. */
  readonly id: number | undefined
  /** `SIMPLE`, `DEPENDENT SUBQUERY`, …, in capitals. */
  readonly selectType: string
  readonly table: string | undefined
  readonly rows: number | undefined
  readonly extra: readonly string[]
  readonly draft: PlanDraft
}

/** Remarks of the column Extra, as fields of EXPLAIN FORMAT=JSON. */
const remarks: readonly (readonly [RegExp, string])[] = [
  [/^Using index(?: for skip scan| for group-by.*)?$/, 'using_index'],
  [/^Using index for group-by/, 'using_index_for_group_by'],
  [/^Using index for skip scan/, 'using_index_for_skip_scan'],
  [/^Backward index scan$/, 'backward_index_scan'],
  [/^Using MRR$/, 'using_MRR'],
  [/^Not exists$/, 'not_exists'],
  [/^Distinct$/, 'distinct'],
  [/^FirstMatch/, 'first_match'],
  [/^LooseScan/, 'loosescan'],
  [/^Range checked for each record/, 'range_checked_for_each_record'],
  [/^Using rowid filter$/, 'rowid_filter'],
]

/** Reads one row; what EXPLAIN has no column for, as conditions, is not in it. */
export function mysqlRow(row: ExplainRow, engine: 'mysql' | 'mariadb'): MysqlRow {
  const extra = (textOf(row.Extra) ?? textOf(row.extra) ?? '').split(/;\s*/).filter((part) => part !== '')
  const table = textOf(row.table)
  const buffer = extra.flatMap((part) => /^Using join buffer \((.*)\)$/.exec(part)?.[1] ?? [])[0]
  const rows = numberOf(/^\s*\d+/.exec(String(row.rows ?? ''))?.[0])
  const fields = {
    ...defined({
      table_name: table,
      access_type: textOf(row.type),
      possible_keys: listOf(row.possible_keys),
      key: engine === 'mysql' ? (mergedBy(extra) ?? keyOf(row)) : keyOf(row),
      ref: listOf(row.ref),
      partitions: listOf(row.partitions),
      message: table === undefined ? extra[0] : undefined,
      using_join_buffer: buffer,
    }),
    ...Object.fromEntries(
      remarks.flatMap(([pattern, name]) => (extra.some((part) => pattern.test(part)) ? [[name, true]] : [])),
    ),
  }
  const draft = mysqlTable(fields)
  const notes = [...(draft.notes ?? []), ...(extra.includes('Using where') ? ['where'] : [])]
  return {
    id: numberOf(row.id),
    selectType: (textOf(row.select_type) ?? '').toUpperCase(),
    table,
    rows,
    extra,
    draft: {
      ...draft,
      ...estimatedRows(rows, numberOf(row.filtered) ?? 100),
      ...(notes.length === 0 ? {} : { notes }),
    },
  }
}

/** `Using union(orders_customer,orders_total)`: MySQL names it so in JSON. */
function mergedBy(extra: readonly string[]): string | undefined {
  return extra.flatMap((part) => /^Using ((?:union|sort_union|intersect)\(.*\))$/.exec(part)?.[1] ?? [])[0]
}

/** MariaDB writes the key of a filter behind a bar; of merged indexes there are several. */
function keyOf({ key, type }: ExplainRow): string | undefined {
  const text = textOf(key)?.replace(/\|.*$/, '')
  return type === 'index_merge' ? text?.split(',').join(', ') : text
}

function listOf(cell: unknown): string[] | undefined {
  return textOf(cell)?.split(',')
}
