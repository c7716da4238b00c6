import { openPrismaAdapter } from './prisma-adapter.js'

export { close, expectations, shapes } from './prisma-shapes.js'

export const title = 'Prisma 7'

/** Where the shapes are, with their marks. */
export const source = 'prisma-shapes.js'

export async function open(database, max) {
  const { adapter, provider } = await openPrismaAdapter(database, max)
  const { PrismaClient } = await import(`./generated/${provider}/prisma/client.js`)
  return new PrismaClient({ adapter })
}
