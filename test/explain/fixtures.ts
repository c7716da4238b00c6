import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, 'fixtures')

/** Text of a plan: `pg-18/pg01-missing-eq-index.before.plan.json`. */
export function fixture(name: string): string {
  return readFileSync(join(root, name), 'utf8')
}

/** Names of the plans of all cases. */
export function fixtureNames(): string[] {
  const folders = ['pg-15', 'pg-18', 'mysql-8.0', 'mysql-9.7', 'mysql-mariadb10.11', 'sqlite-sqlite3.53.2']
  return folders.flatMap((folder) => readdirSync(join(root, folder)).map((file) => `${folder}/${file}`))
}

/** A statement, and its plans by the way they were asked for. */
export type LabStatement = Readonly<Record<string, string>> & { readonly sql: string }

/** Plans of many kinds of statements. */
export function lab(server: 'postgres-18' | 'mysql-9' | 'mariadb-10.11'): LabStatement[] {
  return JSON.parse(fixture(`lab/${server}.json`)) as LabStatement[]
}

/** Every plan of {@link lab}, with how it was asked for. */
export function labPlans(server: Parameters<typeof lab>[0]): { sql: string; how: string; text: string }[] {
  return lab(server).flatMap((statement) =>
    Object.entries(statement)
      .filter(([how, text]) => how !== 'sql' && typeof text === 'string' && !how.endsWith('Error'))
      .map(([how, text]) => ({ sql: statement.sql, how, text })),
  )
}
