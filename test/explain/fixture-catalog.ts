import type { CatalogIndex, CatalogTable, Engine } from '../../src/model/plan.ts'

type Columns = Readonly<Record<string, string>>

const numberTypes = { postgres: 'integer', mysql: 'int', mariadb: 'int', sqlite: 'INTEGER' } as const
const textTypes = { postgres: 'text', mysql: 'varchar(80)', mariadb: 'varchar(80)', sqlite: 'TEXT' } as const
const timeTypes = {
  postgres: 'timestamp without time zone',
  mysql: 'datetime',
  mariadb: 'datetime',
  sqlite: 'TEXT',
} as const

function orderColumns(engine: Engine): Columns {
  const [number, text] = [numberTypes[engine], textTypes[engine]]
  return {
    id: number,
    customer_id: number,
    status: engine === 'postgres' ? 'character varying(20)' : text,
    region: text,
    total: 'numeric(10,2)',
    created_at: timeTypes[engine],
    note: text,
  }
}

function customerColumns(engine: Engine): Columns {
  const text = textTypes[engine]
  return { id: numberTypes[engine], email: text, country: text, tier: text }
}

/** An index on columns, `lower(email)` among them where it is on an expression. */
export function index(name: string, ...columns: string[]): CatalogIndex {
  return { name, columns, isUnique: false, method: 'btree' }
}

interface TableParts {
  readonly rows: number
  readonly columns: Columns
  readonly distinct?: Readonly<Record<string, number>>
  readonly indexes?: readonly CatalogIndex[]
  readonly modifiedRows?: number
  readonly foreignKeys?: CatalogTable['foreignKeys']
}

/** A table with a primary key on `id`, where it has such a column. */
export function table(name: string, parts: TableParts): CatalogTable {
  const { rows, columns, distinct = {}, indexes = [], modifiedRows = 0, foreignKeys } = parts
  const primary = { ...index(`${name}_pkey`, 'id'), isUnique: true, isPrimary: true }
  return {
    name,
    rows,
    columns: Object.entries(columns).map(([column, type]) => ({
      name: column,
      type,
      ...(distinct[column] === undefined ? {} : { distinct: distinct[column] }),
    })),
    indexes: [...(columns.id === undefined ? [] : [primary]), ...indexes],
    statistics: { isMissing: false, modifiedRows },
    ...(foreignKeys === undefined ? {} : { foreignKeys }),
  }
}

/** The table `orders` of the cases. */
export function ordersTable(engine: Engine, rows: number, ...indexes: CatalogIndex[]): CatalogTable {
  return table('orders', { rows, columns: orderColumns(engine), indexes })
}

/** The table `customers` of the cases. */
export function customersTable(engine: Engine, rows: number, ...indexes: CatalogIndex[]): CatalogTable {
  return table('customers', { rows, columns: customerColumns(engine), indexes })
}

/** What the catalog says of the tables of a case, before its cure or after it. */
export function catalogOf(short: string, engine: Engine, isAfter: boolean): CatalogTable[] {
  const number = numberTypes[engine]
  const text = textTypes[engine]
  const after = (...indexes: CatalogIndex[]): CatalogIndex[] => (isAfter ? indexes : [])
  switch (short) {
    case 'pg01':
      return [ordersTable(engine, 200_000, ...after(index('orders_customer_id_idx', 'customer_id')))]
    case 'pg02':
      return [ordersTable(engine, 200_000, ...after(index('orders_by', 'customer_id', 'created_at')))]
    case 'pg04': {
      const own = [index('orders_created', 'created_at'), index('orders_status', 'status')]
      return [
        ordersTable(engine, 200_000, ...own, ...after(index('orders_status_created_at_idx', 'status', 'created_at'))),
      ]
    }
    case 'pg07':
      return [
        table('addr', {
          rows: 200_000,
          columns: { id: number, country: number, city: number, zip: number, person: number },
          distinct: { country: 10, city: 50, zip: 200, person: 20_000 },
        }),
        table('person', { rows: 20_000, columns: { id: number, name: text, pad: text } }),
        table('visit', {
          rows: 100_000,
          columns: { id: number, person_id: number, at: 'date' },
          indexes: [index('visit_person_id_idx', 'person_id')],
        }),
      ]
    case 'pg08': {
      const columns = { kind: text, at: timeTypes.postgres }
      const rows = isAfter ? 200_000 : 1_000
      const modifiedRows = isAfter ? 0 : 199_000
      return [table('events', { rows, columns, indexes: [index('events_kind_idx', 'kind')], modifiedRows })]
    }
    case 'pg11':
    case 'pg13': {
      const own = index('customers_email_idx', 'email')
      return [customersTable(engine, 150_000, own, ...after(index('customers_lower_idx', 'lower(email)')))]
    }
    case 'pg15':
      return [
        ordersTable(engine, 60_000, ...after(index('orders_customer_id_idx', 'customer_id'))),
        customersTable(engine, 10_000),
      ]
    case 'pg19':
      return [
        table('jobs', {
          rows: 200_000,
          columns: { id: number, state: text, pad: text },
          indexes: [index('jobs_state_idx', 'state')],
        }),
      ]
    case 'pg23':
      return [ordersTable(engine, 2_000), customersTable(engine, 10_000)]
    case 'pg25':
      return [ordersTable(engine, 200_000, ...after(index('orders_status_created_at_idx', 'status', 'created_at')))]
    case 'pgn1':
      return [table('cfg', { rows: 300, columns: { k: text, v: text } })]
    case 'pgn4':
      return [
        ordersTable(engine, 200_000, index('orders_customer_id_idx', 'customer_id')),
        customersTable(engine, 10_000),
      ]
    case 'my01':
    case 'my05':
      return [
        ordersTable(engine, short === 'my01' ? 60_000 : 20_000, ...after(index('customer_id', 'customer_id'))),
        customersTable(engine, 5_000),
      ]
    case 'my02':
      return [ordersTable(engine, 60_000, ...after(index('status', 'status', 'created_at')))]
    case 'my04':
      return [customersTable(engine, 5_000, index('ix_email', 'email'))]
    case 'my10':
      return [ordersTable(engine, 60_000, ...after(index('note', 'note')))]
    case 'myn1':
      return [table('cfg', { rows: 100, columns: { k: text, v: text } })]
    case 'sl01':
      return [ordersTable(engine, 100_000, ...after(index('i1', 'customer_id')))]
    case 'sl02':
      return [ordersTable(engine, 100_000, ...after(index('i1', 'status', 'created_at')))]
    case 'sl04':
      return [ordersTable(engine, 20_000, ...after(index('i1', 'customer_id'))), customersTable(engine, 5_000)]
    case 'sl05':
      return [ordersTable(engine, 100_000, index('i0', 'customer_id'), ...after(index('i1', 'total')))]
    case 'sln1':
      return [ordersTable(engine, 1_000)]
    default:
      return [ordersTable(engine, engine === 'postgres' ? 200_000 : 60_000)]
  }
}
