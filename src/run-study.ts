import type { ExplainMode, StudyOutcome, StudyRequest } from './explain/request.ts'
import type { Plan } from './model/plan.ts'
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
  study.waiting = []
  for (const group of groupsOf(classes)) await learn(study, group, connection, options)
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
  { mode, values }: StudyOptions,
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
    // once is enough
    advise: study.explained === undefined,
    values,
  }
  const outcome = await studyStatement(connection, request)
  await file(study, classes, outcome, connection.serverVersion, values)
}

async function file(
  study: Study,
  classes: readonly CandidateClass[],
  outcome: StudyOutcome,
  serverVersion: string,
  values: boolean,
): Promise<void> {
  const isExplained = 'explained' in outcome
  for (const [index, { key, plan }] of classes.entries()) {
    const told = plan === undefined ? undefined : await readTold(plan, serverVersion, values)
    // vectors that failed are left out, so that places tell nothing where some did
    const planned =
      isExplained && outcome.explained.plans.length === classes.length
        ? outcome.explained.plans[index]?.plan
        : undefined
    const best = told ?? planned
    if (best !== undefined) study.classes.push({ key, plan: best })
  }
  if (!isExplained) {
    if (study.classes.length > 0) study.explained ??= { tables: [], indexes: [] }
    study.refusal ??= outcome.refusal
    return
  }
  if (study.classes.length === 0) {
    for (const [index, { plan }] of outcome.explained.plans.entries())
      study.classes.push({ key: classes[index]?.key ?? '', plan })
  }
  const { plans: _, ...rest } = outcome.explained
  study.incomplete = outcome.refusals
  study.explained = study.explained === undefined ? rest : { ...rest, ...study.explained }
}

/** A plan as the server told it beside the execution, with literals replaced where values are not wanted. */
async function readTold(text: string, serverVersion: string, values: boolean): Promise<Plan> {
  const { readPlan } = await import('./explain/read-plan.ts')
  const plan = readPlan(text, { engine: 'postgres', serverVersion, mode: 'auto_explain' })
  if (values) return plan
  const { redactPlan } = await import('./explain/redact-plan.ts')
  return redactPlan(plan)
}
