import type { Plan } from '../model/plan.ts'

/** A statement, and how it was explained. */
export interface ReproductionRequest {
  /** With its literals, or without. */
  readonly text: string
  /** Absent where they are not to be told. */
  readonly values?: readonly unknown[]
  readonly session?: readonly string[]
  readonly timeoutMs: number
  /** Placeholders it has. */
  readonly placeholders: number
}

/** Statements for the client of the database that show a plan as nonplus has seen it, and change nothing. */
export function reproductionOf(plan: Plan, request: ReproductionRequest): readonly string[] {
  if (plan.engine === 'sqlite') return [`explain query plan ${request.text};`]
  return plan.engine === 'postgres' ? onPostgres(plan, request) : onMysql(plan, request)
}

function onPostgres({ mode, planKind }: Plan, request: ReproductionRequest): string[] {
  const { text, session = [], timeoutMs, placeholders } = request
  const options = ['verbose', 'settings']
  if (mode === 'analyze') options.unshift('analyze', 'buffers', 'timing off')
  if (planKind === 'generic') options.unshift('generic_plan')
  // of psql, from version 16 on
  const bound = placeholders > 0 && planKind !== 'generic' ? ` \\bind ${boundValues(request)} \\g` : ';'
  return [
    'begin read only;',
    `set local statement_timeout = '${timeoutMs}ms'; set local lock_timeout = '100ms';`,
    ...session.map(ended),
    `explain (${options.join(', ')}) ${text}${bound}`,
    'rollback;',
  ]
}

function boundValues({ values, placeholders }: ReproductionRequest): string {
  if (values === undefined) return Array.from({ length: placeholders }, (_, index) => `'value ${index + 1}'`).join(' ')
  return values.map((value) => quoted(value)).join(' ')
}

function quoted(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
  return `'${text.replaceAll("'", "''")}'`
}

function onMysql({ engine, mode, format }: Plan, { text, session = [] }: ReproductionRequest): string[] {
  const isDml = !/^\s*(\(|select|with|values|table)/i.test(text)
  const verb = {
    mariadb: mode === 'analyze' ? 'analyze format=json' : 'explain format=json',
    mysql: mode === 'analyze' ? 'explain analyze' : `explain format=${format === 'mysql-tree' ? 'tree' : 'json'}`,
  }[engine === 'mariadb' ? 'mariadb' : 'mysql']
  return [
    ...session.map(ended),
    isDml ? 'start transaction;' : 'start transaction read only;',
    `${verb} ${text};`,
    'show warnings;',
    'rollback;',
  ]
}

function ended(statement: string): string {
  return /;\s*$/.test(statement) ? statement : `${statement};`
}
