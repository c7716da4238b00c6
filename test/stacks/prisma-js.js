import { openPrismaAdapter } from './prisma-adapter.js'

export { close, expectations, shapes } from './prisma-shapes.js'

/** The older generator writes the run time of Prisma, too, into a folder of the application. */
export const title = 'Prisma 7, prisma-client-js'

/** Where the shapes are, with their marks. */
export const source = 'prisma-shapes.js'

export async function open(database, max) {
  const { adapter, provider } = await openPrismaAdapter(database, max)
  const { default: generated } = await import(`./generated/${provider}/prisma-js/client.js`)
  return new generated.PrismaClient({ adapter })
}
