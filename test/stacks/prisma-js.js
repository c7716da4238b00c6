import { PrismaPg } from '@prisma/adapter-pg'
import prismaJs from './generated/prisma-js/client.js'

export { close, expectations, shapes } from './prisma.js'

/** The older generator writes the run time of Prisma, too, into a folder of the application. */
export const title = 'Prisma 7, prisma-client-js'

/** Where the shapes are, with their marks. */
export const source = 'prisma.js'

export function open(url, max) {
  return new prismaJs.PrismaClient({ adapter: new PrismaPg({ connectionString: url, max }) })
}
