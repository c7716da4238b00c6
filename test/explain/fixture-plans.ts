import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPlan } from '../../src/explain/read-plan.ts'
import { redactPlan } from '../../src/explain/redact-plan.ts'
import type { CatalogTable, Engine, Plan } from '../../src/model/plan.ts'
import type { Trace } from '../../src/model/trace.ts'
import { type Explained, explainedTrace } from '../explained-trace.ts'
import { type AccessCase, accessCases } from './access-cases.ts'
import { catalogOf, index, ordersTable, table } from './fixture-catalog.ts'
import { type ExplainCase, readCases } from './read-case.ts'

/** A captured plan with the statement that it is of, and what the catalog says. */
export interface FixturePlan {
  /** `pg-18/pg01 before plan`. */
  readonly name: string
  /** Its name without the server: `pg01 before`, `walk`. */
  readonly subject: string
  readonly engine: Engine
  readonly isExecuted: boolean
  /** Without its literals, as it stands in a trace. */
  readonly plan: Plan
  readonly given: Explained
}

const folder = join(import.meta.dirname, 'fixtures')
const cases: readonly ExplainCase[] = (['postgres', 'mysql', 'sqlite'] as const).flatMap(readCases)

function engineOf(label: string): Engine {
  if (label.startsWith('pg')) return 'postgres'
  if (label.startsWith('sqlite')) return 'sqlite'
  return label.includes('mariadb') ? 'mariadb' : 'mysql'
}

/** A captured plan, with literals or without them. */
export function fixturePlan(path: string, keepsLiterals = false): Plan {
  const [label = ''] = path.startsWith('access/') ? (/(pg|sqlite|mariadb|mysql)-/.exec(path) ?? []) : path.split('/')
  const engine = engineOf(label)
  const plan = readPlan(readFileSync(join(folder, path), 'utf8'), { engine })
  const warnings = warningsFor(path)
  const whole = warnings.length === 0 ? plan : { ...plan, warnings }
  return keepsLiterals ? whole : redactPlan(whole)
}

/** As the servers say it of `my04`, whose plans were captured without. */
const conversion: Readonly<Record<string, Plan['warnings'][number]>> = {
  mysql: {
    code: '1739',
    message: "Cannot use ref access on index 'ix_email' due to type or collation conversion on field 'email'",
  },
  mariadb: {
    code: '1105',
    message:
      'Cannot use key `ix_email` part[0] for lookup: `npcase`.`customers`.`email` of type `varchar` = "5" of type `int`',
  },
}

/** What the server said beside it. */
function warningsFor(path: string): Plan['warnings'] {
  const said = /my04\S*\.before/.test(path) ? conversion[path.includes('mariadb') ? 'mariadb' : 'mysql'] : undefined
  if (said !== undefined) return [said]
  const beside = path.replace(/\.(plan|analyze)\./, '.warnings.').replace(/(\.v1)?\.(json|txt)$/, '.json')
  try {
    if (beside === path) return []
    const notes: { Code: number; Message: string }[] = JSON.parse(readFileSync(join(folder, beside), 'utf8'))
    return notes.map(({ Code, Message }) => ({ code: String(Code), message: Message }))
  } catch {
    return []
  }
}

const servers = ['pg-15', 'pg-18', 'mysql-8.0', 'mysql-9.7', 'mysql-mariadb10.11', 'sqlite-sqlite3.53.2']

/** Plans of the cases that nonplus is judged by. */
export function casePlans(): FixturePlan[] {
  return servers.flatMap((server) => readdirSync(join(folder, server)).map((file) => casePlan(server, file)))
}

function casePlan(server: string, file: string): FixturePlan {
  const [id = '', state = ''] = file.split('.')
  const one = cases.find((each) => each.id === id)
  if (one === undefined) throw new Error(`No case for ${file}`)
  const engine = engineOf(server)
  const isAfter = state === 'after'
  const isRewritten = isAfter && one.fixedQuery !== undefined
  const isExecuted = file.includes('.analyze')
  return {
    name: `${server}/${one.short} ${state} ${file.split('.').slice(2).join('.')}`,
    subject: `${one.short} ${state}`,
    engine,
    isExecuted,
    plan: fixturePlan(`${server}/${file}`),
    given: {
      sql: isRewritten ? (one.fixedQuery ?? '') : one.query,
      values: isRewritten ? [] : one.params,
      tables: catalogOf(one.short, engine, isAfter),
      // what the driver received; 0 are changed by what was only planned
      ...(one.short === 'my07' && !isAfter ? { rows: 20 } : {}),
    },
  }
}

/** Plans of the cases in `access-cases.ts`. */
export function accessPlans(): FixturePlan[] {
  return readdirSync(join(folder, 'access'))
    .filter((file) => !file.includes('.warnings.') && file !== 'README.md')
    .map(accessPlan)
}

function accessPlan(file: string): FixturePlan {
  const [name = '', mode = ''] = file.split('.')
  const engine = engineOf(/(?:pg|sqlite|mariadb|mysql)-/.exec(file)?.[0] ?? '')
  const dialect = engine === 'mariadb' ? 'mysql' : engine
  const one = accessCases.find((each) => each.name === name && each.engine === dialect)
  if (one === undefined) throw new Error(`No case for ${file}`)
  return {
    name: `access/${file}`,
    subject: name,
    engine,
    isExecuted: mode === 'analyze',
    plan: fixturePlan(`access/${file}`),
    given: { sql: one.sql, values: one.values ?? [], tables: accessTables(one, engine) },
  }
}

function accessTables({ name, setup }: AccessCase, engine: Engine): CatalogTable[] {
  if (name.startsWith('partitions')) {
    return [1, 2, 3, 4, 5, 6].map((month) =>
      table(`events_2024_${month}`, { rows: 10_000, columns: { user_id: 'integer', at: 'date' } }),
    )
  }
  const indexes = setup.flatMap((text) => {
    const [, given = '', columns = ''] = /create index (\w+) on orders \((.*)\)/.exec(text) ?? []
    return given === '' ? [] : [index(given, ...columns.split(', '))]
  })
  const orders = ordersTable(engine, 60_000, ...indexes)
  if (name !== 'fk') return [orders]
  const foreignKeys = [{ columns: ['customer_id'], table: 'customers', references: ['id'] }]
  return [{ ...orders, foreignKeys }, table('customers', { rows: 4_100, columns: { id: 'integer', name: 'text' } })]
}

let known: ReadonlyMap<string, FixturePlan> | undefined

/** A plan by its name, changed as one wants. */
export function traceOfFixture(name: string, change: Partial<Explained> & { readonly plan?: Plan } = {}): Trace {
  known ??= new Map([...casePlans(), ...accessPlans()].map((each) => [each.name, each]))
  const found = known.get(name)
  if (found === undefined) throw new Error(`No plan ${name}`)
  const { plan = found.plan, ...given } = change
  return explainedTrace(plan, { ...found.given, ...given })
}
