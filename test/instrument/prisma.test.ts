import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { processCoverage } from '../../src/coverage.ts'
import { ignore, type Profiled, profile } from '../../src/index.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { hookPrisma } from '../../src/instrument/prisma.ts'
import { runIn, Scope } from '../../src/instrument/scope.ts'
import { state } from '../../src/instrument/state.ts'
import type { Execution } from '../../src/model/trace.ts'
import { createDatabase } from '../create-database.ts'
import { generatePrismaClients } from '../stacks/prisma-client.js'

// biome-ignore lint/suspicious/noExplicitAny: the client is generated
type Client = any

let prisma: Client
let other: Client

beforeAll(async () => {
  const url = await createDatabase('prisma')
  const client = new pg.Client(url)
  await client.connect()
  await client.query(`
    create table authors (id int primary key, name varchar(40) not null);
    create table books (id int primary key, author_id int not null references authors (id), title varchar(40) not null);
    insert into authors select n, 'author ' || n from generate_series(1, 6) n;
    insert into books select n * 10 + m, n, 'book' from generate_series(1, 6) n, generate_series(1, 2) m
  `)
  await client.end()
  await generatePrismaClients('instrument', ['postgresql'])
  const generated = '../stacks/generated/instrument/postgresql/prisma/client.js'
  const { PrismaClient } = (await import(generated)) as { PrismaClient: new (options: object) => Client }
  prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 2 }) })
  other = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 2 }) })
  await Promise.all([prisma, other].flatMap((each) => [each.author.findMany(), each.book.findMany()]))
})

afterAll(async () => {
  await Promise.all([prisma?.$disconnect(), other?.$disconnect()])
})

const ids = [1, 2, 3, 4, 5]

/** `table × operation × count` of each execution but transaction control. */
function told({ trace }: Profiled<unknown>): string[] {
  const isQuery = ({ statement }: Execution): boolean => trace.statements[statement]?.kind !== 'transaction'
  return trace.executions.filter(isQuery).map(({ statement, operations }) => {
    const [table] = trace.statements[statement]?.tables ?? []
    return `${table?.split('.').at(-1)}: ${operations?.count} ${operations?.name}`
  })
}

const unique = (id: number, client = prisma): Promise<unknown> => client.author.findUnique({ where: { id } })

describe('operations and the statements they became', () => {
  test('one operation, one statement', async () => {
    const profiled = await profile('one', async () => {
      await prisma.author.findMany()
      await unique(1)
    })
    expect(told(profiled)).toEqual(['authors: 1 Author.findMany', 'authors: 1 Author.findUnique'])
  })

  test('findUnique of one tick are one statement for all, without a finding', async () => {
    const profiled = await profile('batched', () => Promise.all(ids.map((id) => unique(id))))
    expect(profiled.result).toHaveLength(5)
    expect(told(profiled)).toEqual(['authors: 5 Author.findUnique'])
    expect(profiled.report.findings).toEqual([])
    expect(profiled.report.scopes[0]?.queries).toMatchObject({ count: 1, rows: 5, operations: 5 })
  })

  test('their relations are read for all of them, too', async () => {
    const profiled = await profile('include', () =>
      Promise.all(ids.map((id) => prisma.author.findUnique({ where: { id }, include: { books: true } }))),
    )
    expect(told(profiled)).toEqual(['authors: 5 Author.findUnique', 'books: 5 Author.findUnique'])
  })

  test('of several shapes and clients each batch has its own', async () => {
    const profiled = await profile('mixed', () =>
      Promise.all([
        ...[1, 2, 3].map((id) => unique(id)),
        ...[4, 5].map((id) => prisma.author.findUnique({ where: { id }, select: { name: true } })),
        ...[1, 2, 3, 4].map((id) => unique(id, other)),
        prisma.book.findUnique({ where: { id: 11 } }),
        prisma.book.findMany(),
      ]),
    )
    expect(told(profiled).sort()).toEqual([
      'authors: 2 Author.findUnique',
      'authors: 3 Author.findUnique',
      'authors: 4 Author.findUnique',
      'books: 1 Book.findMany',
      'books: 1 Book.findUnique',
    ])
  })

  test('calls of one batch that Prisma could not gather are a statement each', async () => {
    const profiled = await profile('apart', () =>
      Promise.all([unique(1), unique(2), prisma.author.findUniqueOrThrow({ where: { id: 3 } })]),
    )
    expect(told(profiled)).toEqual(Array(3).fill('authors: 1 Author.findUnique'))
  })

  test('in an interactive transaction they are gathered, in an array they are not', async () => {
    const interactive = await profile('interactive', () =>
      prisma.$transaction((tx: Client) => Promise.all(ids.map((id) => unique(id, tx)))),
    )
    expect(told(interactive)).toEqual(['authors: 5 Author.findUnique'])
    const array = await profile('array', () =>
      prisma.$transaction([1, 2, 3].map((id) => prisma.book.findMany({ where: { authorId: id } }))),
    )
    expect(told(array)).toEqual(Array(3).fill('books: 1 Book.findMany'))
  })

  test('a loop says what was called', async () => {
    const { report } = await profile('loop', async () => {
      for (const { id } of await prisma.author.findMany()) await prisma.book.findMany({ where: { authorId: id } })
    })
    expect(report.findings.map(({ operation }) => operation)).toEqual(['Book.findMany'])
    expect(report.findings[0]?.explanation).toContain('Each comes from a call of Book.findMany.')
  })

  test('results, errors and rejections are those of Prisma', async () => {
    await profile('errors', async () => {
      const missing = prisma.author.findUniqueOrThrow({ where: { id: 99 } })
      await expect(missing).rejects.toMatchObject({ code: 'P2025' })
      const found = await Promise.allSettled([1, 99].map((id) => prisma.author.findUniqueOrThrow({ where: { id } })))
      expect(found.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
      expect(() => prisma.author.findUnique({ where: { id: 1, nothing: true } }).then).not.toThrow()
      await expect(prisma.author.findUnique({ where: { nothing: true } })).rejects.toThrow(/nothing/)
    })
  })
})

describe('calls of one tick from several scopes', () => {
  async function inScopes(run: (n: number) => Promise<unknown>, count = 2): Promise<Profiled<unknown>[]> {
    return await Promise.all(Array.from({ length: count }, (_, n) => profile(`request ${n}`, () => run(n))))
  }

  test('each that goes alone is filed where it was asked for', async () => {
    const [first, second] = await inScopes((n) => (n === 0 ? unique(1) : prisma.book.findUnique({ where: { id: 11 } })))
    expect(told(first as Profiled<unknown>)).toEqual(['authors: 1 Author.findUnique'])
    expect(told(second as Profiled<unknown>)).toEqual(['books: 1 Book.findUnique'])
  })

  test('what ignore() leaves out stays out', async () => {
    const profiled = await profile('ignored', () =>
      Promise.all([unique(1), ignore('on purpose', () => prisma.book.findUnique({ where: { id: 11 } }))]),
    )
    expect(told(profiled)).toEqual(['authors: 1 Author.findUnique'])
  })

  test('what becomes one statement is filed under the first, and told', async () => {
    const before = state.counters.merged
    const [first, ...others] = await inScopes((n) => Promise.all([unique(n + 1), unique(n + 4)]), 3)
    expect(told(first as Profiled<unknown>)).toEqual(['authors: 6 Author.findUnique'])
    expect(others.flatMap(told)).toEqual([])
    expect(state.counters.merged - before).toBe(4)
    expect(processCoverage().warnings.join('\n')).toContain(
      '4 calls of Prisma were sent in one batch with calls of another',
    )
  })
})

describe('the global of Prisma', () => {
  const slots = ['V7_PRISMA_INSTRUMENTATION', 'V6_PRISMA_INSTRUMENTATION', 'PRISMA_INSTRUMENTATION']
  const globals = globalThis as Record<string, unknown>

  afterEach(() => hookPrisma())

  test('hooked twice it tells once, undone it is as before', async () => {
    hookPrisma()
    const ours = globals[slots[0] as string]
    hookPrisma()
    expect(globals[slots[0] as string]).toBe(ours)
    expect(told(await profile('twice', () => unique(1)))).toEqual(['authors: 1 Author.findUnique'])
    unpatchAll()
    expect(slots.filter((slot) => Object.hasOwn(globals, slot))).toEqual([])
    expect(await unique(1)).toMatchObject({ id: 1 })
  })

  test('hooked again it tells again', async () => {
    unpatchAll()
    const profiled = await profile('again', () => Promise.all(ids.map((id) => unique(id))))
    expect(told(profiled)).toEqual(['authors: 5 Author.findUnique'])
  })

  test('an undo while requests are under way harms none', async () => {
    const scope = new Scope({ name: 'undone', kind: 'test' })
    const results = runIn(scope, () => Promise.all(ids.map((id) => unique(id))))
    unpatchAll()
    expect(await results).toHaveLength(5)
  })
})
