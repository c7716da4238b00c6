import { PrismaLibSql } from '@prisma/adapter-libsql'
import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { PrismaPg } from '@prisma/adapter-pg'

const adapters = {
  pg: (url, max) => ({ provider: 'postgresql', adapter: new PrismaPg({ connectionString: url, max }) }),
  mariadb: (url, max) => ({ provider: 'mysql', adapter: new PrismaMariaDb(`${url}?connectionLimit=${max}`) }),
  '@libsql/client': (url) => ({ provider: 'sqlite', adapter: new PrismaLibSql({ url }) }),
}

/** Adapter of Prisma for a driver, and the provider that its client was generated for. */
export function openPrismaAdapter({ driver, url }, max) {
  return adapters[driver](url, max)
}
