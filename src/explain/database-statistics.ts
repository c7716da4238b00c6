/** Statistics of one column, as PostgreSQL keeps them; arrays are in its own text form, `{a,b}`. */
export interface ColumnStatistics {
  readonly column: string
  /** Of the table with those that inherit from it. */
  readonly isInherited: boolean
  readonly nullFraction: number
  readonly averageWidth: number
  /** As in pg_stats: negative is a share of the rows. */
  readonly distinct: number
  readonly commonValues?: string
  readonly commonFrequencies?: string
  readonly histogram?: string
  readonly correlation?: number
  readonly commonElements?: string
  readonly commonElementFrequencies?: string
  readonly elementCounts?: string
}

/** Statistics of a table or an index. */
export interface RelationStatistics {
  readonly schema: string
  readonly name: string
  /** As ANALYZE found it. */
  readonly pages: number
  readonly rows: number
  readonly allVisiblePages: number
  /** Pages there are now, which is what the planner asks for; where it is not known, {@link pages}. */
  readonly currentPages?: number
  readonly columns: readonly ColumnStatistics[]
}

/** What the planner of a PostgreSQL knows about its tables: no rows, but examples of values, unless these were left out. */
export interface DatabaseStatistics {
  readonly serverVersion: string
  /** ISO 8601. */
  readonly takenAt?: string
  /** Most common values and histograms were left out. */
  readonly isStripped: boolean
  /** Settings that the planner goes by. */
  readonly settings: Readonly<Record<string, string>>
  readonly relations: readonly RelationStatistics[]
}
