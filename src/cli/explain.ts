import { writeFileSync } from 'node:fs'
import { adviseIndexes } from '../explain/advise-indexes.ts'
import { connect } from '../explain/connect.ts'
import type { DatabaseStatistics } from '../explain/database-statistics.ts'
import { planWithStatistics } from '../explain/plan-with-statistics.ts'
import { readCatalog } from '../explain/read-catalog.ts'
import { redactPlan } from '../explain/redact-plan.ts'
import { reproductionOf } from '../explain/reproduction.ts'
import { exportStatistics, readStatisticsFile, statisticsText } from '../explain/statistics-file.ts'
import { studyStatement } from '../explain/study-statement.ts'
import { gateExitCode } from '../gate.ts'
import { contextOf } from '../live-console.ts'
import { NonplusError } from '../model/errors.ts'
import type { CatalogTable, Plan } from '../model/plan.ts'
import type { Report } from '../model/report.ts'
import type { SideConnection } from '../model/side-connection.ts'
import type { Dialect, Slot } from '../model/statement.ts'
import { openOutputs, writeOutput } from '../output.ts'
import { type Explanation, renderExplanations } from '../reporters/explanation.ts'
import { redactLiterals } from '../sql/redact.ts'
import { statementOf } from '../sql/statement.ts'
import { writeText } from '../write-text.ts'
import { dialectOf, type ExplainFlags, type ExplainPlan, explainPlanOf } from './explain/explain-plan.ts'
import { type Explained, mergedReport, reportsOfExplained } from './explain/explained-report.ts'
import { Progress } from './explain/progress.ts'
import { countPlaceholders, readStatement, readText } from './explain/read-statement.ts'
import { savedPlans } from './explain/saved-plans.ts'
import { rememberErrors, renderSqlError, type SqlError } from './explain/sql-error.ts'

export type { ExplainFlags }

/**
 * Explains one statement, and judges its plan.
 *
 * @param given the statement, or `-` for standard input; may be left out with `--plan`.
 * @returns the exit code: 1 where `--fail-on` found something; 2 where the statement was not explained, or one of the saved
 *   plans was not read.
 * @throws NonplusError where a flag is wrong, the database cannot be reached, or the statement is broken.
 */
export async function explain(given: string | undefined, flags: ExplainFlags): Promise<0 | 1 | 2> {
  const plan = await explainPlanOf(flags)
  if (plan.exportFile !== undefined) return await exportTo(plan.exportFile, given, plan)
  const broken: NonplusError[] = []
  const explained =
    plan.planFile === undefined ? [await ask(given, plan)] : readSaved(given, plan.planFile, plan, broken)
  openOutputs(plan.outputs)
  const reports = reportsOfExplained(explained, plan.options)
  const report = mergedReport(reports)
  const explanations = explained.map((each, at) => explanationOf(each, plan, reports[at] as Report))
  for (const output of plan.outputs) {
    if (output.reporter !== 'console') {
      writeOutput(output, report, { color: plan.color, sources: new Map(), hasNoCode: true })
      continue
    }
    const context = contextOf(process.stdout, { color: plan.color })
    if (output.file === undefined) writeText(1, renderExplanations(explanations, context))
    else writeFileSync(output.file, renderExplanations(explanations, { ...context, color: false, width: 100 }))
  }
  for (const { message } of broken) writeText(2, `nonplus: ${message}\n`)
  if (broken.length > 0 || explained.some((each) => each.explained === undefined)) return 2
  return gateExitCode(report, plan.failOn)
}

/** Writes what the planner of this database knows, in place of explaining something. */
async function exportTo(file: string, given: string | undefined, { url = '', options }: ExplainPlan): Promise<0> {
  if (given !== undefined) throw wrong('--export-statistics explains nothing: leave the statement out.')
  const connection = await connect(url, { from: process.cwd() })
  try {
    const takenAt = new Date().toISOString()
    const statistics = await exportStatistics(connection, { stripValues: options.values !== true, takenAt })
    writeFile(file, statisticsText(statistics))
    writeText(1, `${file}: statistics of ${statistics.relations.length} tables and indexes\n`)
    return 0
  } finally {
    await connection.close()
  }
}

function writeFile(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new NonplusError('ERR_COMMAND_FAILED', `Cannot write ${file}: ${(error as Error).message}`, { cause: error })
  }
}

async function ask(given: string | undefined, plan: ExplainPlan): Promise<Explained> {
  const url = plan.url ?? ''
  const dialect = dialectOf(url)
  if (given === undefined)
    throw wrong('There is no statement to explain: give it as an argument, or - for standard input.')
  const text = readStatement(given, dialect)
  checkValues(text, dialect, plan)
  const progress = new Progress()
  let connection: SideConnection | undefined
  try {
    const opened: SideConnection = await connect(url, { from: process.cwd() })
    connection = opened
    progress.step = plan.isAnalyzed
      ? 'planning and executing it, and trying indexes'
      : 'planning it, and trying indexes'
    return await study(opened, text, dialect, plan)
  } finally {
    progress.stop()
    await connection?.close()
  }
}

async function study(
  connection: SideConnection,
  text: string,
  dialect: Dialect,
  plan: ExplainPlan,
): Promise<Explained> {
  const remembered = rememberErrors(connection, text)
  if (plan.statisticsFile !== undefined) return await planElsewhere(remembered, text, dialect, plan)
  const outcome = await studyStatement(remembered.connection, {
    text,
    dialect,
    mode: plan.isAnalyzed ? 'analyze' : 'plan',
    session: plan.session,
    timeoutMs: plan.timeoutMs,
    vectors: [{ values: valuesFor(text, dialect, plan), executions: 1 }],
    scratch: plan.isScratchAllowed,
    values: plan.options.values === true,
  })
  const values = valuesFor(text, dialect, plan)
  if ('explained' in outcome) return { text, dialect, ...(values === undefined ? {} : { values }), ...outcome }
  const error = remembered.lastError()
  if (error !== undefined && isBroken(outcome.refusal.code)) throw broken(error, text)
  return { text, dialect, refusals: [outcome.refusal] }
}

/** By the statistics of another database, on the schema of this one. */
async function planElsewhere(
  { connection, lastError }: ReturnType<typeof rememberErrors>,
  text: string,
  dialect: Dialect,
  plan: ExplainPlan,
): Promise<Explained> {
  const file = plan.statisticsFile ?? ''
  const statistics = readStatisticsFile(readText(file, `the statistics ${file}`))
  const values = valuesFor(text, dialect, plan)
  const { session, timeoutMs } = plan
  const request = {
    text,
    dialect,
    mode: 'plan' as const,
    session,
    timeoutMs,
    ...(values === undefined ? {} : { values }),
  }
  try {
    const read = await planWithStatistics(connection, statistics, request)
    const catalog = await readCatalog(connection, read, statementOf(text, dialect).tables)
    const tables = catalog.map((table) => sizedBy(statistics, table))
    const isTold = plan.options.values === true
    const advice = { connection, request, plan: read, tables, statistics, scratch: false, values: isTold }
    const { indexes, verifiedBy } = await adviseIndexes(advice)
    const plans = [{ plan: isTold ? read : redactPlan(read), executions: 1 }]
    const explained = { plans, tables, indexes, verifiedBy }
    return { text, dialect, explained, refusals: [] }
  } catch (error) {
    const last = lastError()
    throw last === undefined || error instanceof NonplusError ? error : broken(last, text)
  }
}

function sizedBy({ relations, takenAt }: DatabaseStatistics, table: CatalogTable): CatalogTable {
  const found = relations.find(({ schema, name }) => name === table.name && schema === (table.schema ?? schema))
  const statistics = { isMissing: false, ...(takenAt === undefined ? {} : { analyzedAt: takenAt }) }
  return found === undefined ? table : { ...table, rows: found.rows, pages: found.pages, statistics }
}

function broken(error: SqlError, text: string): NonplusError {
  return new NonplusError('ERR_COMMAND_FAILED', `The server refused the statement: ${renderSqlError(error, text)}`)
}

/** Reasons that the words of the server make clear, and a repair of the statement or its values makes go away. */
function isBroken(code: string): boolean {
  return ['not-explainable', 'unknown-table', 'unknown-parameters', 'untypable-parameters'].includes(code)
}

function checkValues(text: string, dialect: Dialect, { values }: ExplainPlan): void {
  const wanted = countPlaceholders(text, dialect)
  const example = `--params '[${Array.from({ length: wanted }, () => '…').join(', ')}]'`
  if (values !== undefined && values.length !== wanted) {
    throw wrong(
      `The statement has ${wanted} ${wanted === 1 ? 'placeholder' : 'placeholders'}, but --params has ${values.length}.`,
    )
  }
  if (values === undefined && wanted > 0 && dialect !== 'postgresql') {
    throw wrong(`The statement has placeholders: give their values, as in ${example}.`)
  }
}

/** Where none are known, PostgreSQL has a plan for unknown ones. */
function valuesFor(text: string, dialect: Dialect, { values }: ExplainPlan): readonly unknown[] | undefined {
  return values ?? (countPlaceholders(text, dialect) === 0 ? [] : undefined)
}

/**
 * Plans that somebody saved; no database is asked for anything.
 *
 * @param broken gets what is wrong with those of a log that cannot be read.
 */
function readSaved(
  given: string | undefined,
  file: string,
  { options }: ExplainPlan,
  broken: NonplusError[],
): Explained[] {
  if (file === '-' && given === '-') throw wrong('Standard input cannot be both, the plan and the statement.')
  const text = readText(file === '-' ? 0 : file, file === '-' ? 'standard input' : `the plan ${file}`)
  const statementFor = (dialect: Dialect) => (given === undefined ? undefined : readStatement(given, dialect))
  const onBroken = (error: NonplusError): void => void broken.push(error)
  return savedPlans(text, statementFor, { values: options.values === true, onBroken })
}

function explanationOf(explained: Explained, plan: ExplainPlan, report: Report): Explanation {
  const [first, ...others] = explained.explained?.plans ?? []
  const { line } = explained
  const generic = explained.explained?.generic
  const isOther = generic !== undefined && generic.fingerprint !== first?.plan.fingerprint
  return {
    report,
    ...(first === undefined ? {} : { plan: first.plan }),
    ...(isOther ? { generic } : {}),
    ...(others.length === 0 ? {} : { others: others.map((other) => other.plan) }),
    ...(line === undefined ? {} : { from: headingOf(explained, line) }),
    refusals: explained.refusals,
    reproduction: first === undefined || plan.planFile !== undefined ? [] : reproduce(first.plan, explained, plan),
  }
}

/** Which of several plans it is: `line 12: SELECT orders, 40 executions`. */
function headingOf({ text, dialect, explained }: Explained, line: number): string {
  const executions = (explained?.plans ?? []).reduce((sum, plan) => sum + plan.executions, 0)
  const summary = text === '' ? 'a plan' : statementOf(text, dialect).summary
  return `line ${line}: ${summary}${executions > 1 ? `, ${executions} plans` : ''}`
}

function reproduce(of: Plan, { text, dialect }: Explained, plan: ExplainPlan): readonly string[] {
  const isTold = plan.options.values === true
  const shown = isTold ? text : redactLiterals(text, dialect)
  const lines = reproductionOf(of, {
    text: shown,
    ...(isTold && plan.values !== undefined ? { values: plan.values } : {}),
    session: plan.session,
    timeoutMs: plan.timeoutMs,
    placeholders: countPlaceholders(text, dialect),
  })
  const hidesSome = !isTold && (plan.values !== undefined || statementOf(text, dialect).slots.some(isLiteral))
  return hidesSome ? [...lines, '-- values are left out here: --values tells them'] : lines
}

function isLiteral({ form }: Slot): boolean {
  return form !== 'placeholder'
}

function wrong(message: string): NonplusError {
  return new NonplusError('ERR_OPTION_INVALID', message)
}
