import type { Batch } from './batch-of.ts'
import type { ExplainMode, StudyOutcome, StudyRequest } from './explain/request.ts'
import { reportFailure } from './instrument/state.ts'
import type { CatalogTable, Plan } from './model/plan.ts'
import type { SideConnection } from './model/side-connection.ts'
import type { Study } from './study.ts'
import type { CandidateClass } from './study-candidates.ts'

/** How statements are studied. */
export interface StudyOptions {
  readonly mode: ExplainMode
  /** Keeps literals in plans. */
  readonly values: boolean
}

/** Learns what a study waits for, and files it there. */
export async function runStudy(study: Study, connection: SideConnection, options: StudyOptions): Promise<void> {
  const classes = study.waiting
  const batch = study.isBatchAsked ? undefined : study.batch
  study.isBatchAsked ||= batch !== undefined
  study.waiting = []
  for (const [at, group] of groupsOf(classes).entries()) {
    await learn(study, group, connection, { ...options, ...(batch === undefined || at > 0 ? {} : { batch }) })
  }
}

/** Classes that can be asked about at once: of one text, on connections that were set alike. */
function groupsOf(classes: readonly CandidateClass[]): CandidateClass[][] {
  const groups = new Map<string, CandidateClass[]>()
  for (const one of classes) {
    const key = JSON.stringify([one.text, one.session])
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return [...groups.values()]
}

async function learn(
  study: Study,
  classes: readonly CandidateClass[],
  connection: SideConnection,
  { mode, values, batch }: StudyOptions & { readonly batch?: Batch },
): Promise<void> {
  const { studyStatement } = await import('./explain/study-statement.ts')
  const [first] = classes as readonly [CandidateClass]
  const request: StudyRequest = {
    text: first.text,
    dialect: study.dialect,
    mode,
    session: first.session,
    vectors: classes.map((one) => ({
      values: one.values,
      executions: one.executions,
      rows: one.rows / one.executions,
    })),
    // once is enough; one statement in place of many is planned with the index, too
    advise: study.explained === undefined || batch !== undefined,
    values,
    ...(batch === undefined ? {} : { batched: batch }),
  }
  const outcome = await studyStatement(connection, request)
  const told = await Promise.all(classes.map(({ plan }) => readTold(plan, connection.serverVersion, values)))
  filePlans(study, classes, outcome, told)
  if ('explained' in outcome) fileFacts(study, outcome)
  else {
    study.refusal ??= outcome.refusal
    const [plan] = told.filter((one) => one !== undefined)
    // it could not be planned once more, but its execution has told
    if (plan !== undefined) study.explained ??= { tables: await tablesOf(connection, plan), indexes: [] }
  }
}

/** Plans of executions outweigh those that were made for their parameters. */
function filePlans(
  study: Study,
  classes: readonly CandidateClass[],
  outcome: StudyOutcome,
  told: readonly (Plan | undefined)[],
): void {
  const planned = 'explained' in outcome ? outcome.explained.plans : []
  // what could not be planned for one class is left out, so that places tell the class only where none was
  const isAligned = planned.length === classes.length
  for (const [index, { key }] of classes.entries()) {
    const plan = told[index] ?? (isAligned ? planned[index]?.plan : undefined)
    if (plan !== undefined && !isKnown(study, key)) study.classes.push({ key, plan })
  }
  if (study.classes.length > 0) return
  for (const [index, { plan }] of planned.entries()) study.classes.push({ key: classes[index]?.key ?? '', plan })
}

function isKnown({ classes }: Study, key: string): boolean {
  return classes.some((one) => one.key === key)
}

function fileFacts(study: Study, { explained, refusals }: Extract<StudyOutcome, { explained: unknown }>): void {
  const { plans: _, ...facts } = explained
  study.incomplete = refusals
  study.explained = study.explained === undefined ? facts : { ...facts, ...study.explained }
}

async function tablesOf(connection: SideConnection, plan: Plan): Promise<readonly CatalogTable[]> {
  try {
    const { readCatalog } = await import('./explain/read-catalog.ts')
    return await readCatalog(connection, plan)
  } catch {
    return []
  }
}

/** A plan as the server told it beside the execution, with literals replaced where values are not wanted. */
async function readTold(text: string | undefined, serverVersion: string, values: boolean): Promise<Plan | undefined> {
  if (text === undefined) return undefined
  try {
    const { readPlan } = await import('./explain/read-plan.ts')
    const plan = readPlan(text, { engine: 'postgres', serverVersion, mode: 'auto_explain' })
    if (values) return plan
    const { redactPlan } = await import('./explain/redact-plan.ts')
    return redactPlan(plan)
  } catch (error) {
    reportFailure('plan of auto_explain', error)
    return undefined
  }
}
