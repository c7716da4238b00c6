import { NonplusError } from '../model/errors.ts'
import type { Engine, Plan } from '../model/plan.ts'
import { mariadbPlan } from './mariadb-plan.ts'
import { explainRows } from './mysql-row-text.ts'
import { mysqlRowsPlan } from './mysql-rows-plan.ts'
import { mysqlTreePlan } from './mysql-tree-plan.ts'
import { mysqlV1Plan } from './mysql-v1-plan.ts'
import { mysqlV2Plan } from './mysql-v2-plan.ts'
import { type Fields, fieldsOf, listOf, textOf } from './plan-fields.ts'
import type { PlanReading } from './plan-origin.ts'
import { isJsonText, parsePlanJson, sqliteRows, undecorated } from './plan-text.ts'
import { postgresPlan } from './postgres-plan.ts'
import { type FoundPlan, isPostgresText, postgresTextPlans } from './postgres-text-plan.ts'
import { sqlitePlan } from './sqlite-plan.ts'
import { mistaken, unreadable } from './unreadable-plan.ts'

export type { PlanReading }

/** Plans that can be read, as a message names them. */
const known =
  'a plan: EXPLAIN of PostgreSQL in text or JSON, EXPLAIN of MySQL as a table, JSON or TREE, EXPLAIN of MariaDB as a table or JSON, or EXPLAIN QUERY PLAN of SQLite'

const names: Readonly<Record<Engine, string>> = {
  postgres: 'PostgreSQL',
  mysql: 'MySQL',
  mariadb: 'MariaDB',
  sqlite: 'SQLite',
}

/**
 * Reads a plan of any engine and format.
 *
 * @param given its text, as the server or a client such as psql printed it; or parsed JSON; or the rows of the result: one
 *   cell with either, or a row per line. From a text, and from a cell that is one, 64-bit query ids come out whole.
 * @throws NonplusError `ERR_PLAN_UNREADABLE`: what was expected, and where it broke.
 */
export function readPlan(given: unknown, about: PlanReading = {}): Plan {
  const plan = recognised(given, about)
  if (about.engine !== undefined && plan.engine !== about.engine)
    throw mistaken(`a plan of ${names[about.engine]}`, `one of ${names[plan.engine]}`)
  return plan
}

function recognised(given: unknown, about: PlanReading): Plan {
  try {
    return typeof given === 'string' ? fromText(given, about) : fromValue(given, about)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new NonplusError(
      'ERR_PLAN_UNREADABLE',
      'Expected a plan, but got one that is nested too deeply to be read.',
      {
        cause: error,
      },
    )
  }
}

function fromText(given: string, about: PlanReading): Plan {
  const text = undecorated(given)
  if (isJsonText(text)) return fromValue(jsonOf(text), about)
  if (isPostgresText(given)) return onlyOne(postgresTextPlans(given, about))
  const table = explainRows(given)
  if (table !== undefined) return mysqlRowsPlan(table, about)
  if (/^\s*-> /m.test(text)) return mysqlTreePlan(withLines(text), about)
  const rows = sqliteRows(given.replace(/^\uFEFF/, ''))
  if (rows !== undefined) return sqlitePlan(rows, about)
  throw unreadable(known, given)
}

function onlyOne(found: readonly FoundPlan[]): Plan {
  const [first, second] = found
  if (first !== undefined && second === undefined) return first.plan
  throw mistaken('one plan', `${found.length}, the second from line ${second?.line} on`)
}

/** The mysql client in batch mode writes `\n` for line ends. */
function withLines(tree: string): string {
  return tree.includes('\n') ? tree : tree.replace(/\\n(?=\s*-> |$)/g, '\n')
}

function jsonOf(text: string): unknown {
  const parsed = parsePlanJson(text)
  if ('value' in parsed) return parsed.value
  const { line, column, isCut } = parsed.broken
  const place = `line ${line}, column ${column}`
  const fault = isCut ? `a text that was cut: it ends at ${place}` : `a text that is no JSON from ${place} on`
  throw new NonplusError('ERR_PLAN_UNREADABLE', `Expected a plan in JSON, but got ${fault}.`)
}

function fromValue(given: unknown, about: PlanReading): Plan {
  if (typeof given === 'string') return fromText(given, about)
  const whole = fieldsOf(given)
  if (Array.isArray(whole?.rows) && whole.Plan === undefined && whole.query_block === undefined)
    return fromValue(whole.rows, about)
  const first = fieldsOf(Array.isArray(given) ? given[0] : given)
  if (first === undefined) throw unreadable(known, given)
  if (fieldsOf(first.Plan) !== undefined) return postgresPlan(first, about)
  if (fieldsOf(first.query_block) !== undefined)
    return isMariadb(first, about) ? mariadbPlan(first, about) : mysqlV1Plan(first, about)
  if (fieldsOf(first.query_plan) !== undefined || (textOf(first.operation) !== undefined && !Array.isArray(given)))
    return mysqlV2Plan(first, about)
  if (textOf(first.detail) !== undefined && 'id' in first) return sqlitePlan(given, about)
  if ('select_type' in first && 'possible_keys' in first) return mysqlRowsPlan(listOf(given), about)
  return fromCells(given, first, about)
}

/** Rows of a result, of which one column holds the plan; a plan in lines is a row per line. */
function fromCells(given: unknown, first: Fields, about: PlanReading): Plan {
  const column = Object.keys(first).find((name) => /^(?:query plan|explain|analyze)$/i.test(name))
  const cell = column === undefined ? undefined : first[column]
  if (cell === undefined || cell === null || column === undefined) throw unreadable(known, given)
  if (typeof cell !== 'string') return fromValue(cell, about)
  const rows = Array.isArray(given) ? (given as readonly unknown[]) : [given]
  return fromText(rows.map((row) => textOf(fieldsOf(row)?.[column]) ?? '').join('\n'), about)
}

/** MySQL and MariaDB share the root of their plans; what they say of a table has other names. */
function isMariadb(plan: Fields, { engine, serverVersion }: PlanReading): boolean {
  if (engine === 'mysql' || engine === 'mariadb') return engine === 'mariadb'
  if (serverVersion !== undefined && /mariadb/i.test(serverVersion)) return true
  const keys = keysIn(plan)
  if (['cost_info', 'rows_examined_per_scan', 'used_columns'].some((key) => keys.has(key))) return false
  if (['rows', 'r_loops', 'r_total_time_ms'].some((key) => keys.has(key))) return true
  // Where no table is read, MariaDB says why in place of a table.
  return fieldsOf(fieldsOf(plan.query_block)?.table)?.message !== undefined
}

function keysIn(value: unknown): Set<string> {
  const keys = new Set<string>()
  const collect = (part: unknown): void => {
    if (Array.isArray(part)) for (const member of part) collect(member)
    for (const [key, inside] of Object.entries(fieldsOf(part) ?? {})) {
      keys.add(key)
      collect(inside)
    }
  }
  collect(value)
  return keys
}
