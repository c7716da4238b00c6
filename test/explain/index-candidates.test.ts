import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { indexDdl } from '../../src/explain/index-candidate.ts'
import { indexCandidates } from '../../src/explain/index-candidates.ts'
import { readPostgresTree } from '../../src/explain/pg-query-tree.ts'
import { readSqlTree } from '../../src/explain/read-sql-tree.ts'
import type { Query } from '../../src/explain/sql-tree.ts'
import { demandsOf } from '../../src/explain/table-demand.ts'
import type { CatalogTable } from '../../src/model/plan.ts'
import type { Dialect } from '../../src/model/statement.ts'

const orders: CatalogTable = {
  schema: 'public',
  name: 'orders',
  rows: 200_000,
  columns: [
    { name: 'id', type: 'integer', distinct: 200_000 },
    { name: 'customer_id', type: 'integer', distinct: 10_000 },
    { name: 'status', type: 'character varying(20)', distinct: 3 },
    { name: 'created_at', type: 'timestamp', distinct: 190_000 },
    { name: 'note', type: 'text' },
    { name: 'deleted_at', type: 'timestamp' },
    { name: 'data', type: 'jsonb' },
  ],
  indexes: [{ name: 'orders_pkey', columns: ['id'], isUnique: true, isPrimary: true, method: 'btree' }],
  statistics: { isMissing: false },
}
const customers: CatalogTable = {
  schema: 'public',
  name: 'customers',
  rows: 10_000,
  columns: [
    { name: 'id', type: 'integer', distinct: 10_000 },
    { name: 'email', type: 'text', distinct: 10_000 },
  ],
  indexes: [
    { name: 'customers_pkey', columns: ['id'], isUnique: true, isPrimary: true, method: 'btree' },
    { name: 'customers_email', columns: ['email'], isUnique: true, method: 'btree' },
  ],
  statistics: { isMissing: false },
}

function candidates(
  tree: Query | undefined,
  dialect: Dialect,
  values?: readonly unknown[],
  keepsLiterals = false,
): string[] {
  if (tree === undefined) throw new Error('not read')
  const context = { tables: [orders, customers], dialect, values, keepsLiterals }
  return indexCandidates(demandsOf(tree, context), dialect).map((set) =>
    set.map((candidate) => indexDdl(candidate, dialect).replace(/^CREATE INDEX (\S+_idx )?ON /, '')).join(' + '),
  )
}

/** Statement, its values, and the candidate that must come first, or be among them. */
const STATEMENTS: readonly (readonly [string, string, readonly string[]])[] = [
  ['equality', 'select * from orders where customer_id = $1', ['orders (customer_id)']],
  [
    'equality before a range',
    'select * from orders where created_at >= $1 and customer_id = $2',
    ['orders (customer_id, created_at)', 'orders (customer_id)', 'orders (created_at)'],
  ],
  [
    'the most selective first',
    'select * from orders o where o.status = $1 and o.customer_id = $2',
    ['orders (customer_id, status)', 'orders (customer_id)', 'orders (status)'],
  ],
  [
    'the order behind equality',
    'select * from orders where status = $1 order by created_at desc limit 20',
    ['orders (status, created_at)', 'orders (created_at)', 'orders (status)'],
  ],
  [
    'directions where they differ',
    'select * from orders order by created_at desc, id limit 5',
    ['orders (created_at DESC, id)'],
  ],
  ['an expression', 'select * from orders where lower(note) = $1', ['orders (lower(note))']],
  [
    'a cast',
    'select * from orders where id::text = $1',
    ['orders ((id::text))', 'orders ((id)::text)', 'orders (((id)::text))'],
  ],
  [
    'both sides of a join',
    'select o.* from orders o join customers c on c.id = o.customer_id where c.email = $1',
    ['orders (customer_id)'],
  ],
  [
    'a correlated subquery',
    'select c.id, (select count(*) from orders o where o.customer_id = c.id) from customers c where c.id <= $1',
    ['orders (customer_id)'],
  ],
  [
    'an EXISTS',
    'select * from customers c where exists (select 1 from orders o where o.customer_id = c.id)',
    ['orders (customer_id)'],
  ],
  [
    'an IN, whose own column has the name of one outside of it',
    'select * from orders where customer_id in (select id from customers where email = $1)',
    ['orders (customer_id)'],
  ],
  [
    'a common table',
    'with r as (select * from orders where customer_id = $1) select * from r',
    ['orders (customer_id)'],
  ],
  ['an UPDATE', 'update orders set note = $1 where customer_id = $2', ['orders (customer_id)']],
  ['a DELETE', 'delete from orders where customer_id = $1', ['orders (customer_id)']],
  [
    'a UNION',
    'select id from orders where customer_id = $1 union all select id from customers where id = $2',
    ['orders (customer_id)'],
  ],
  [
    'branches of an OR, together',
    'select * from orders where customer_id = $1 or note = $2',
    ['orders (customer_id) + orders (note)'],
  ],
  [
    'an unqualified column of one table of two',
    'select * from orders, customers where customer_id = customers.id',
    ['orders (customer_id)'],
  ],
  ['nothing that is there', 'select * from customers where email = $1', []],
  ['no column that is none', 'select * from orders where nothing = $1', []],
  ['a smallest one', 'select min(created_at) from orders where customer_id = $1', ['orders (customer_id, created_at)']],
]

describe('both readers see the same', () => {
  test.each(STATEMENTS)('%s', async (_, text, wanted) => {
    const byParser = candidates(await readPostgresTree(text), 'postgresql')
    const byUs = candidates(readSqlTree(text, 'postgresql'), 'postgresql')
    expect(byUs).toEqual(byParser)
    if (wanted.length === 0) expect(byParser).toEqual([])
    else expect(wanted).toContain(byParser[0])
    if (wanted.length > 1 && !text.includes('::')) for (const each of wanted) expect(byParser).toContain(each)
  })
})

describe('the candidates', () => {
  test('of a pattern follow its value', async () => {
    const tree = await readPostgresTree('select * from orders where note like $1')
    expect(candidates(tree, 'postgresql', ['%x%'])).toEqual(['orders USING gin (note gin_trgm_ops)'])
    expect(candidates(tree, 'postgresql', ['x%'])).toEqual(['orders (note text_pattern_ops)'])
  })

  test('of a containment are gin', async () => {
    const tree = await readPostgresTree('select * from orders where data @> $1')
    expect(candidates(tree, 'postgresql')).toEqual(['orders USING gin (data)'])
  })

  test('are limited to what a literal says, where literals may be told', async () => {
    const tree = await readPostgresTree("select * from orders where status = 'pending' and created_at < $1")
    const partial = "orders (created_at) WHERE status = 'pending'"
    expect(candidates(tree, 'postgresql', undefined, true)).toContain(partial)
    expect(candidates(tree, 'postgresql').join()).not.toContain('pending')
  })

  test('are limited to what has no value, without being asked', async () => {
    const tree = await readPostgresTree('select * from orders where deleted_at is null and customer_id = $1')
    expect(candidates(tree, 'postgresql')).toContain('orders (customer_id) WHERE deleted_at IS NULL')
  })

  test('hold the few columns beside theirs that are read', async () => {
    const tree = await readPostgresTree('select status, note from orders where customer_id = $1')
    expect(candidates(tree, 'postgresql')).toContain('orders (customer_id) INCLUDE (status, note)')
    const whole = await readPostgresTree('select * from orders where customer_id = $1')
    expect(candidates(whole, 'postgresql').join()).not.toContain('INCLUDE')
  })

  test('quote what needs it, by dialect', () => {
    const odd: CatalogTable = { ...orders, name: 'Order', columns: [{ name: 'Group', type: 'text' }], indexes: [] }
    const of = (text: string, dialect: Dialect): string[] => {
      const demands = demandsOf(readSqlTree(text, dialect) as Query, { tables: [odd], dialect, values: undefined })
      return indexCandidates(demands, dialect).map(([candidate]) => indexDdl(candidate as never, dialect))
    }
    expect(of('select * from "Order" where "Group" = $1', 'postgresql')).toEqual(['CREATE INDEX ON "Order" ("Group")'])
    expect(of('select * from `Order` where `Group` = ?', 'mysql')).toEqual([
      'CREATE INDEX Order_Group_idx ON `Order` (`Group`)',
    ])
  })

  test('are 24 sets at most', async () => {
    const shapes = orders.columns.flatMap(({ name }) =>
      orders.columns.map((other) => `${name} = $1 and ${other.name} < $2`),
    )
    const text = shapes.map((shape) => `select * from orders where ${shape}`).join(' union all ')
    expect(candidates(await readPostgresTree(text), 'postgresql')).toHaveLength(24)
  })
})

describe('reading', () => {
  test('never throws, and ends', () => {
    const word = fc.constantFrom(
      ...`select from where orders customers o c id = < ( ) , and or not in between like is null exists ? $1 'x' 1 * . ::
      case when end group by order limit union join on using with as update set delete [ ] ; cast any over`.split(
        /\s+/,
      ),
    )
    const property = fc.property(
      fc.array(word, { maxLength: 60 }),
      fc.constantFrom('postgresql', 'mysql', 'sqlite'),
      (words, dialect) => {
        const tree = readSqlTree(`select ${words.join(' ')}`, dialect as Dialect)
        if (tree !== undefined) candidates(tree, dialect as Dialect)
      },
    )
    fc.assert(property, { numRuns: 3000 })
  })
})
