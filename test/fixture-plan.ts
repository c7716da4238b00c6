import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readPlan } from '../src/explain/read-plan.ts'
import type { Plan } from '../src/model/plan.ts'

const root = resolve(import.meta.dirname, 'explain/fixtures')

/** Plans that are kept, by their path from `test/explain/fixtures`; those of `access` have tests of their own. */
export const planFixtures: readonly string[] = readdirSync(root, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && /\.(json|txt)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
  .filter((path) => /^(own|pg-\d+|mysql-[\w.]+|sqlite-[\w.]+)\//.test(path))
  .sort()

/** Reads one of them. */
export function fixturePlan(path: string): Plan {
  const text = readFileSync(join(root, path), 'utf8')
  const postgres = /pg-(15|18)/.exec(path)?.[1]
  return readPlan(text, postgres === undefined ? {} : { serverVersion: `${postgres}.4` })
}
