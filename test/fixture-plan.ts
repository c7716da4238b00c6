import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { mariadbPlan } from '../src/explain/mariadb-plan.ts'
import { mysqlTreePlan } from '../src/explain/mysql-tree-plan.ts'
import { mysqlV1Plan } from '../src/explain/mysql-v1-plan.ts'
import { mysqlV2Plan } from '../src/explain/mysql-v2-plan.ts'
import { postgresPlan } from '../src/explain/postgres-plan.ts'
import { sqlitePlan } from '../src/explain/sqlite-plan.ts'
import type { Plan } from '../src/model/plan.ts'

const root = resolve(import.meta.dirname, 'explain/fixtures')

/** Plans that are kept, by their path from `test/explain/fixtures`. */
export const planFixtures: readonly string[] = readdirSync(root, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && /\.(json|txt)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
  .filter((path) => /^(own|pg-\d+|mysql-[\w.]+|sqlite-[\w.]+)\//.test(path))
  .sort()

/** Reads one of them. */
export function fixturePlan(path: string): Plan {
  const text = readFileSync(join(root, path), 'utf8')
  if (path.endsWith('.txt')) return mysqlTreePlan(text, { serverVersion: '9.7.4' })
  const json: unknown = JSON.parse(text)
  const postgres = /pg-(15|18)/.exec(path)?.[1]
  if (postgres !== undefined) return postgresPlan(json, { serverVersion: `${postgres}.4` })
  if (path.includes('mariadb')) return mariadbPlan(json, { serverVersion: '10.11.19-MariaDB' })
  if (path.includes('sqlite')) return sqlitePlan(json, { serverVersion: '3.53.2' })
  return text.includes('"json_schema_version"') ? mysqlV2Plan(json) : mysqlV1Plan(json)
}
