import type { CatalogIndex, CatalogTable } from '../src/model/plan.ts'

/**
 * A table as the catalog has it, for tests: columns as `id customer_id body:jsonb`, whole numbers where no type is said, and
 * statistics that are sound.
 */
export function catalogTable(
  name: string,
  rows: number,
  columns: string,
  more: Partial<Pick<CatalogTable, 'statistics' | 'foreignKeys' | 'schema'>> & {
    readonly indexes?: readonly string[]
  } = {},
): CatalogTable {
  const { indexes = [], ...others } = more
  return {
    name,
    rows,
    columns: columns.split(' ').map((column) => {
      const [name = '', type = 'integer'] = column.split(':')
      return { name, type }
    }),
    indexes: [
      { name: `${name}_pkey`, columns: ['id'], isUnique: true, isPrimary: true, method: 'btree' },
      ...indexes.map(
        (list): CatalogIndex => ({
          name: `${name}_${list.replaceAll(' ', '_')}_idx`,
          columns: list.split(' '),
          isUnique: false,
          method: 'btree',
        }),
      ),
    ],
    statistics: { isMissing: false },
    ...others,
  }
}
