import { authorRange } from './request.js'

/** Shapes of Prisma, the same for both of its generators. */
export async function close(prisma) {
  await prisma.$disconnect()
}

export const shapes = {
  loop,
  findFirst,
  all,
  resolvers,
  transaction,
  arrayTransaction,
  helper,
  returned,
  built,
  fluent,
  include,
  raw,
  batched,
  eager,
}

// In SQLite all requests arrive in one tick, and the findUnique of all of them become one statement, which is nobody's.
const without = { '@libsql/client': ['contended'] }

/** `batched`: Prisma gathers the findUnique of one tick into one statement, so there is nothing to find. */
export const expectations = {
  fluent: { without },
  include: { without },
  batched: { children: 1, findings: 0, without },
  eager: { children: 1, findings: 0 },
}

function ofRequest(request) {
  const [gte, lte] = authorRange(request)
  return { where: { id: { gte, lte } } }
}

async function loop(prisma, request) {
  const authors = await prisma.author.findMany(ofRequest(request)) // @parent loop
  for (const author of authors) {
    await prisma.book.findMany({ where: { authorId: author.id } }) // @loop loop
  }
}

async function findFirst(prisma, request) {
  const authors = await prisma.author.findMany(ofRequest(request)) // @parent findFirst
  for (const author of authors) {
    await prisma.book.findFirst({ where: { authorId: author.id } }) // @loop findFirst
  }
}

async function all(prisma, request) {
  const authors = await prisma.author.findMany(ofRequest(request)) // @parent all
  await Promise.all(authors.map((author) => prisma.book.findMany({ where: { authorId: author.id } }))) // @loop all
}

async function resolvers(prisma, request) {
  const authors = await prisma.author.findMany(ofRequest(request)) // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    authors.map(async (author) => {
      author.books = await prisma.book.findMany({ where: { authorId: author.id } }) // @helper resolvers
    }),
  )
}

async function transaction(prisma, request) {
  await prisma.$transaction(async (tx) => {
    const authors = await tx.author.findMany(ofRequest(request)) // @parent transaction
    for (const author of authors) {
      await tx.book.findMany({ where: { authorId: author.id } }) // @loop transaction
    }
  })
}

async function arrayTransaction(prisma, request) {
  const authors = await prisma.author.findMany(ofRequest(request)) // @parent arrayTransaction
  const queries = authors.map((author) => prisma.book.findMany({ where: { authorId: author.id } }))
  await prisma.$transaction(queries) // @loop arrayTransaction
}

async function helper(prisma, request) {
  const authors = await prisma.author.findMany(ofRequest(request)) // @parent helper
  for (const author of authors) {
    await booksOf(prisma, author.id) // @loop helper
  }
}

async function booksOf(prisma, authorId) {
  const books = await prisma.book.findMany({ where: { authorId } }) // @helper helper
  return books
}

async function returned(prisma, request) {
  const authors = await prisma.author.findMany(ofRequest(request)) // @parent returned
  for (const author of authors) {
    await queryOf(prisma, author.id) // @loop returned
  }
}

// An async function that returns the query: it runs once the function has left the stack.
async function queryOf(prisma, authorId) {
  return prisma.book.findMany({ where: { authorId } }) // @helper returned
}

// Built in one place, run in another.
async function built(prisma, request) {
  const authors = await prisma.author.findMany(ofRequest(request)) // @parent built
  const queries = authors.map((author) => prisma.book.findMany({ where: { authorId: author.id } }))
  for (const query of queries) {
    await query // @loop built
  }
}

async function fluent(prisma, request) {
  const authors = await prisma.author.findMany(ofRequest(request)) // @parent fluent
  for (const author of authors) {
    await prisma.author.findUnique({ where: { id: author.id } }).books() // @loop fluent
  }
}

async function include(prisma, request) {
  const authors = await prisma.author.findMany(ofRequest(request)) // @parent include
  for (const author of authors) {
    await prisma.author.findUniqueOrThrow({ where: { id: author.id }, include: { books: true } }) // @loop include
  }
}

async function raw(prisma, request) {
  const [low, high] = authorRange(request)
  const authors = await prisma.$queryRaw`select id from authors where id between ${low} and ${high}` // @parent raw
  for (const author of authors) {
    await prisma.$queryRaw`select title from books where author_id = ${author.id}` // @loop raw
  }
}

async function batched(prisma, request) {
  const authors = await prisma.author.findMany(ofRequest(request)) // @parent batched
  const unique = (id) => prisma.author.findUnique({ where: { id }, include: { books: true } })
  await Promise.all(authors.map((author) => unique(author.id))) // @loop batched
}

async function eager(prisma, request) {
  await prisma.author.findMany({ ...ofRequest(request), include: { books: true } }) // @parent eager @loop eager
}
