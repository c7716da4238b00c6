import type { Advice, FindingParent, FindingStatement } from '../model/finding.ts'
import { singularOf, wordsOf } from './name-words.ts'
import { aliasOfTable, isLookedUpBy } from './selected-column.ts'

/** What a call is made of, in the words of the code that would have it. */
interface Names {
  /** Of the relation, as the parent's model would have it: `author`, `comments`. */
  readonly relation: string
  /** Model of the parent: `Post`. */
  readonly parent: string
  /** Table of the child: `users`. */
  readonly table: string
  /** Column the child is looked up by, as written: `author_id`. */
  readonly key: string
  /** The same as a field of a model: `authorId`. */
  readonly field: string
}

type Call = (names: Names) => string

/** The call that loads many at once, by what is loaded for each row: one row, a list, or how many there are. */
interface Calls {
  readonly one: Call
  readonly many: Call
  readonly count: Call
}

/**
 * Calls by ORM. For the Node ORMs they are the ones of the versions the matrix runs; of the others, those that their
 * documentation gives for eager loading. Query builders know no relations: for them it is the condition on a list.
 */
const callsByOrm: Readonly<Record<string, Calls>> = {
  activerecord: same(
    ({ relation }) => `includes(:${snake(relation)})`,
    ({ key }) => `group(:${key}).count`,
  ),
  bookshelf: same(
    ({ relation }) => `withRelated: ['${relation}']`,
    ({ key }) => `.query('groupBy', '${key}')`,
  ),
  django: {
    one: ({ relation }) => `select_related('${snake(relation)}')`,
    many: ({ relation }) => `prefetch_related('${snake(relation)}')`,
    count: ({ relation }) => `annotate(Count('${snake(relation)}'))`,
  },
  drizzle: {
    one: ({ relation, table, field }) => `with: { ${relation}: true }, or inArray(${camel(table)}.${field}, [...])`,
    many: ({ relation, table, field }) => `with: { ${relation}: true }, or inArray(${camel(table)}.${field}, [...])`,
    count: ({ table, field }) => `.groupBy(${camel(table)}.${field})`,
  },
  knex: same(
    ({ key }) => `.whereIn('${key}', [...])`,
    ({ key }) => `.whereIn('${key}', [...]).groupBy('${key}')`,
  ),
  kysely: same(
    ({ key }) => `.where('${key}', 'in', [...])`,
    ({ key }) => `.groupBy('${key}')`,
  ),
  'mikro-orm': same(
    ({ relation }) => `populate: ['${relation}']`,
    ({ relation }) => `em.populate(rows, ['${relation}'])`,
  ),
  objection: same(
    ({ relation }) => `.withGraphFetched('${relation}')`,
    ({ key }) => `.groupBy('${key}')`,
  ),
  prisma: same(
    ({ relation }) => `include: { ${relation}: true }`,
    ({ relation }) => `include: { _count: { select: { ${relation}: true } } }`,
  ),
  sequelize: {
    one: ({ relation }) => `include: '${relation}'`,
    many: ({ relation }) => `include: [{ association: '${relation}', separate: true }]`,
    count: ({ key }) => `group: ['${key}']`,
  },
  slonik: same(
    ({ key }) => `${key} = ANY(\${sql.array([...], 'int4')})`,
    ({ key }) => `GROUP BY ${key}`,
  ),
  sqlalchemy: {
    one: ({ relation, parent }) => `joinedload(${parent}.${snake(relation)})`,
    many: ({ relation, parent }) => `selectinload(${parent}.${snake(relation)})`,
    count: ({ key }) => `group_by(${key})`,
  },
  typeorm: same(
    ({ relation }) => `relations: { ${relation}: true }`,
    ({ relation, parent }) =>
      `loadRelationCountAndMap('${camel(parent)}.${relation}Count', '${camel(parent)}.${relation}')`,
  ),
}

function same(call: Call, count: Call): Calls {
  return { one: call, many: call, count }
}

/** What was looked up row by row. */
export interface Related {
  readonly statement: FindingStatement
  /** Column it was looked up by. */
  readonly key: string | undefined
}

/**
 * The call of an ORM that loads at once what was loaded row by row.
 *
 * The relation's name is guessed: from the foreign key where the parent has it (`author_id` → `author`), else from the
 * table that was looked up (`comments`).
 *
 * @returns undefined where the ORM is not known, or nothing tells how the two are related.
 */
export function ormCallFor(
  orm: string | undefined,
  { statement, key }: Related,
  parent: FindingParent | undefined,
): Advice['orm'] {
  const calls = orm === undefined ? undefined : callsByOrm[orm]
  const [table] = statement.tables
  if (orm === undefined || calls === undefined || key === undefined || table === undefined) return undefined
  // the same table by its own key: a tree that is walked, or rows that are read again
  const isItself = parent?.summary.split(' ')[1] === table && !isForeignKey(parent.column)
  if (isItself || parent?.fingerprint === statement.fingerprint) return undefined
  const foreignKey = parent === undefined ? undefined : foreignKeyOf(parent.column, key)
  const child = shortName(table)
  // TypeORM loads what is lazy by a join with the table it belongs to, and calls it as the model does
  const called = orm === 'typeorm' && isByParent(statement, key, parent) ? aliasOfTable(statement.text) : undefined
  const isOne = !isForeignKey(key) && (foreignKey !== undefined || parent === undefined)
  const names: Names = {
    relation: called ?? camel(isOne ? (foreignKey ?? singularOf(wordsOf(child))) : child),
    parent: pascal(singularOf(wordsOf(shortName(parent?.summary.split(' ')[1] ?? 'model')))),
    table: child,
    key,
    field: camel(key),
  }
  const isCount = /^select count ?\(/.test(statement.fingerprint)
  return { name: orm, call: calls[isCount ? 'count' : isOne ? 'one' : 'many'](names) }
}

/** True where the rows are looked up by the key of their parent, whose table they are joined with. */
export function isByParent(
  { text }: FindingStatement,
  key: string | undefined,
  parent: FindingParent | undefined,
): boolean {
  const table = parent?.summary.split(' ')[1]
  return table !== undefined && key !== undefined && parent?.column === key && isLookedUpBy(text, shortName(table), key)
}

/** What the parent's column names, where that is a foreign key: `author` of `author_id`. */
function foreignKeyOf(column: string, key: string): string | undefined {
  const words = wordsOf(column)
  return isForeignKey(words) && words !== wordsOf(key) ? words.replace(/_(id|uuid|key)$/, '') : undefined
}

function isForeignKey(name: string): boolean {
  return /.+_(id|uuid|key)$/.test(wordsOf(name))
}

function shortName(table: string): string {
  return table.slice(table.lastIndexOf('.') + 1)
}

function snake(name: string): string {
  return wordsOf(name)
}

function camel(name: string): string {
  return wordsOf(name).replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function pascal(name: string): string {
  const text = camel(name)
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
