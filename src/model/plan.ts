/** Database that made a plan. */
export type Engine = 'postgres' | 'mysql' | 'mariadb' | 'sqlite'

/** Form in which an engine prints its plans. `sqlite-eqp` is EXPLAIN QUERY PLAN; a `table` has a row for each table. */
export type PlanFormat =
  | 'pg-json'
  | 'pg-text'
  | 'mysql-json-v1'
  | 'mysql-json-v2'
  | 'mysql-tree'
  | 'mysql-table'
  | 'mariadb-json'
  | 'mariadb-table'
  | 'sqlite-eqp'

/** What a node of a plan does, in words that all engines share. `other` is a node type that nonplus does not know. */
export type Op =
  | 'seq-scan'
  | 'index-scan'
  | 'index-only-scan'
  | 'index-range-scan'
  | 'index-full-scan'
  | 'index-lookup'
  | 'const'
  | 'bitmap-heap-scan'
  | 'bitmap-index-scan'
  | 'index-merge'
  | 'nested-loop'
  | 'hash-join'
  | 'merge-join'
  | 'hash'
  | 'sort'
  | 'incremental-sort'
  | 'aggregate'
  | 'group'
  | 'distinct'
  | 'window'
  | 'limit'
  | 'filter'
  | 'materialize'
  | 'memoize'
  | 'temp-table'
  | 'append'
  | 'union'
  | 'gather'
  | 'cte-scan'
  | 'subquery-scan'
  | 'function-scan'
  | 'values'
  | 'modify-table'
  | 'lock-rows'
  | 'automatic-index'
  | 'bloom-filter'
  | 'result'
  | 'other'

/** How a node hangs below the one above it. */
export type ParentRelationship = 'outer' | 'inner' | 'member' | 'subplan' | 'initplan' | 'subquery'

/**
 * One step of a plan. Names are those of EXPLAIN; conditions are the engine's own text, with literals replaced wherever
 * values were not asked for. Numbers of rows are per loop, as PostgreSQL prints them, for every engine.
 */
export interface PlanNode {
  /** Position in pre-order, from 0. */
  readonly id: number
  readonly op: Op
  /** The engine's words for it: `Seq Scan`, `ALL`, `Table scan`, `SCAN`. */
  readonly nodeType: string
  readonly parentRelationship?: ParentRelationship
  readonly subplanName?: string
  /** A subquery that runs again for each row around it. */
  readonly correlated?: boolean
  /** A subplan whose rows are hashed once, and then looked up. */
  readonly hashed?: boolean
  readonly schema?: string
  /** Table; where the engine gives only its alias, that. */
  readonly relation?: string
  readonly alias?: string
  /** What it reads that is no table: name of a CTE, or of a function. */
  readonly source?: string
  readonly index?: string
  readonly indexCond?: string
  /** Tested again on the row; in MySQL what is tested on the entry of the index, beyond what it is looked up by. */
  readonly recheckCond?: string
  readonly filter?: string
  readonly joinType?: 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti'
  /** Hash, merge or lookup condition. */
  readonly joinCond?: string
  readonly joinFilter?: string
  readonly sortKey?: readonly string[]
  readonly groupKey?: readonly string[]
  readonly scanDirection?: 'forward' | 'backward'
  /** Parts of the index that are used; not in PostgreSQL. */
  readonly keyParts?: readonly string[]
  /** What each of {@link keyParts} is compared with: `const`, `shop.c.id`; MySQL and MariaDB. */
  readonly keyRefs?: readonly string[]
  readonly possibleKeys?: readonly string[]
  /** Partitions that are read; MySQL and MariaDB. */
  readonly partitions?: readonly string[]
  /** The index alone answers; the table is not read. */
  readonly covering?: boolean
  readonly output?: readonly string[]
  /** Rows a LIMIT lets through, and those that its OFFSET skips; MySQL says them. */
  readonly limit?: { readonly count?: number; readonly offset?: number }
  /** A statement that changes rows: `insert`, `update`, `delete`, `merge`. */
  readonly operation?: string
  /** How PostgreSQL groups, or combines sets. */
  readonly strategy?: 'plain' | 'sorted' | 'hashed' | 'mixed'
  /** Half of an aggregate that is worked out in two steps, mostly by workers and then by their leader. */
  readonly stage?: 'partial' | 'finalize'
  /** Workers share its rows; `actualRows` and `planRows` are those of one of them. */
  readonly isParallel?: boolean

  /**
   * In the unit of {@link costUnit}; children included, of one loop, as PostgreSQL prints it. Subqueries are in it, which
   * MySQL leaves out. {@link self} has the cost over all loops.
   */
  readonly startupCost?: number
  readonly totalCost?: number
  /** `logest`: 2^(n/10) of SQLite's undocumented estimate. Units cannot be compared with each other. */
  readonly costUnit?: 'pg' | 'mysql' | 'logest'
  /** Rows it is expected to give, after its filter; per loop. */
  readonly planRows?: number
  /** Rows it is expected to read, before its filter; per loop. */
  readonly rowsExamined?: number
  readonly planWidth?: number

  /** Rows it gave; per loop, so it may be a fraction. */
  readonly actualRows?: number
  readonly loops?: number
  /** Milliseconds; per loop, children included. */
  readonly actualTotalTime?: number
  readonly neverExecuted?: boolean
  /** Per loop. */
  readonly rowsRemovedByFilter?: number
  readonly rowsRemovedByJoinFilter?: number
  readonly rowsRemovedByIndexRecheck?: number
  /** Over all loops. */
  readonly heapFetches?: number
  readonly exactHeapBlocks?: number
  readonly lossyHeapBlocks?: number
  readonly sort?: { readonly method: string; readonly spaceKb?: number; readonly disk: boolean }
  readonly hash?: {
    readonly batches: number
    readonly originalBatches?: number
    readonly peakKb?: number
    readonly diskKb?: number
  }
  /** Blocks, over all loops, children included. */
  readonly buffers?: {
    readonly sharedHit?: number
    readonly sharedRead?: number
    readonly tempRead?: number
    readonly tempWritten?: number
  }
  readonly workers?: { readonly planned: number; readonly launched?: number }
  /** Children of an Append that were pruned before or while it ran. */
  readonly subplansRemoved?: number
  /** `filesort`, `temporary table`, `join buffer`, …: what MySQL and MariaDB say beside the access. */
  readonly notes?: readonly string[]

  /** Its own part: without its children, over all loops. */
  readonly self: { readonly cost?: number; readonly timeMs?: number; readonly rows?: number }
  /** Nodes below it that a report leaves out. */
  readonly omitted?: number
  readonly children: readonly PlanNode[]
}

/** EXPLAIN output as one tree for every engine. JSON-serialisable. */
export interface Plan {
  readonly engine: Engine
  /** `18.4`, `10.11.19-MariaDB`; empty where it is not known. */
  readonly serverVersion: string
  readonly format: PlanFormat
  /** `plan` was only planned; the others were executed, so that rows are actual ones. */
  readonly mode: 'plan' | 'analyze' | 'auto_explain'
  readonly planKind?: 'custom' | 'generic'
  /** The execution was cut by a timeout, and its numbers with it. */
  readonly isPartial?: boolean
  /** Milliseconds. */
  readonly planningTime?: number
  readonly executionTime?: number
  /** Settings that differ from the server's defaults and matter to the planner. */
  readonly settings?: Readonly<Record<string, string>>
  readonly triggers?: readonly {
    readonly name: string
    readonly relation?: string
    readonly timeMs: number
    readonly calls: number
  }[]
  readonly jit?: { readonly functions: number; readonly timeMs: number }
  readonly serialization?: { readonly timeMs: number }
  /** A 64-bit integer, hence a text. */
  readonly queryId?: string
  /** Hash of the shape: operations, tables, definitions of indexes, joins, sort keys; no numbers, no literals. */
  readonly fingerprint: string
  readonly root: PlanNode
  /** What the server said beside it: SHOW WARNINGS of MySQL and MariaDB. */
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
}

/** An index, as the catalog has it. */
export interface CatalogIndex {
  readonly name: string
  /** In order; an expression is its text. */
  readonly columns: readonly string[]
  readonly isUnique: boolean
  readonly isPrimary?: boolean
  /** `btree`, `gin`, …. */
  readonly method: string
  readonly include?: readonly string[]
  /** Condition of a partial index. */
  readonly predicate?: string
}

/** A table that a plan reads, as the catalog has it. No values. */
export interface CatalogTable {
  readonly schema?: string
  readonly name: string
  /** By the statistics; undefined where there are none. */
  readonly rows?: number
  readonly pages?: number
  readonly columns: readonly {
    readonly name: string
    readonly type: string
    /** Distinct values, by the statistics. */
    readonly distinct?: number
  }[]
  readonly indexes: readonly CatalogIndex[]
  readonly foreignKeys?: readonly {
    readonly columns: readonly string[]
    readonly table: string
    readonly references: readonly string[]
  }[]
  /** Of the statistics. `modifiedRows` changed since they were taken. */
  readonly statistics: {
    readonly isMissing: boolean
    /** ISO 8601. */
    readonly analyzedAt?: string
    readonly modifiedRows?: number
  }
}

/** What an index advice was verified by. */
export type VerifiedBy =
  | 'hypopg'
  | 'pglite'
  | 'rolled-back-index'
  | 'sqlite-clone'
  | 'mysql-clone'
  | 'temporary-table-clone'

/** An index that the planner would use: it was tried. */
export interface VerifiedIndex {
  /** `CREATE INDEX ON orders (customer_id)`, ready to run. */
  readonly ddl: string
  readonly schema?: string
  readonly table: string
  /** In order; an expression is its text. */
  readonly columns: readonly string[]
  readonly include?: readonly string[]
  readonly predicate?: string
  /** `btree`, `gin`, …. */
  readonly method: string
  /** Of the whole statement, in the unit of the plan. */
  readonly costBefore: number
  readonly costAfter: number
  readonly verifiedBy: VerifiedBy
  /** Estimated size, where the backend tells. */
  readonly bytes?: number
  /** An index that this one makes superfluous. */
  readonly replaces?: string
  /** What part of the statement it serves. */
  readonly purpose: 'filter' | 'order' | 'join' | 'expression' | 'pattern'
}

/** Plan of a statement with one class of its parameters. */
export interface ParameterPlan {
  readonly plan: Plan
  /** Executions with parameters of this class, as far as they were told apart. */
  readonly executions: number
  /** Mean rows of these, from the driver. */
  readonly rows?: number
  /** Columns that are compared with a pattern that begins with a wildcard; told here since values are left out of plans. */
  readonly openPatterns?: readonly string[]
}

/** Why a statement was not explained. */
export interface Refusal {
  /** Stable: `data-definition`, `locks-rows`, `no-privilege`, `timeout`, …. */
  readonly code: string
  /** One sentence, for people. */
  readonly message: string
}

/** What was learnt about a statement by asking the database; its values are not in it. */
export interface ExplainedStatement {
  /** Index into {@link Trace.statements}. */
  readonly statement: number
  /** By class of parameters, the most frequent first; at least one. */
  readonly plans: readonly ParameterPlan[]
  /** The plan for unknown parameters, where it was asked for. */
  readonly generic?: Plan
  /** Of the batched rewrite, where there is one and its plan was asked for. */
  readonly batched?: {
    readonly plan: Plan
    /** Keys that it was planned for. */
    readonly parameters: number
    /** With {@link indexes}, where they were tried and could be tried with this statement, too. */
    readonly withIndex?: Plan
  }
  /** Plan of the first of {@link plans} with {@link indexes}, where they were tried. */
  readonly indexed?: Plan
  /**
   * What the way to the server and back took on a connection of nonplus's own: the median of a few statements that read
   * nothing. Milliseconds.
   */
  readonly roundTripMs?: number
  /** Tables of the plan. */
  readonly tables: readonly CatalogTable[]
  /** The most useful first. */
  readonly indexes: readonly VerifiedIndex[]
  /** Absent where no index was looked for; `none` where nothing was there to verify one with. */
  readonly verifiedBy?: VerifiedBy | 'none'
}

/** Every node of a plan, in pre-order. */
export function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...node.children.flatMap(nodesOf)]
}
