import type { CatalogTable, ExplainedStatement, ParameterPlan, Plan, Refusal } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { statementOf } from '../sql/statement.ts'
import { type Advised, type Advisor, advisor } from './advisor.ts'
import { explainStatement } from './explain-statement.ts'
import { keptCatalog } from './kept-catalog.ts'
import { withSession } from './mysql-session.ts'
import { placeholdersIn } from './placeholders.ts'
import { redactPlan } from './redact-plan.ts'
import { type RefusalCode, refuse } from './refusals.ts'
import type { ExplainOutcome, ExplainRequest, ParameterVector, StudyOutcome, StudyRequest } from './request.ts'
import { roundTripMs } from './round-trip.ts'

/** Classes of parameters that are explained; what comes after is rare. */
const MOST_VECTORS = 5

type Explained = Omit<ExplainedStatement, 'statement'>
type Batched = NonNullable<Explained['batched']>

/**
 * Learns all that a database says of a statement: its plan with each class of its parameters, the generic plan where it has
 * parameters on PostgreSQL, its tables, the indexes it would use, the plan of its batched rewrite.
 *
 * A step that fails beside the first plan becomes one of the `refusals`, and the rest stands. Literals in plans are `?`
 * unless `values` is set. Never throws.
 */
export async function studyStatement(
  connection: SideConnection,
  request: StudyRequest,
  { advise = advisor }: { readonly advise?: Advisor } = {},
): Promise<StudyOutcome> {
  const study = new Study(connection, request, advise)
  const plans = await study.plans()
  const [first] = plans
  if (first === undefined) return { refusal: study.refusals[0] ?? refuse('unknown-parameters') }
  const generic = await study.generic(first.plan)
  const tables = await study.tables(first.plan)
  const batched = await study.batched()
  const trip = request.batched === undefined ? undefined : await roundTripMs(connection)
  const { batchedWithIndex, ...advice } = await study.advice(plans, tables, batched !== undefined)
  const explained: Explained = {
    plans,
    ...(generic === undefined ? {} : { generic }),
    ...(batched === undefined
      ? {}
      : { batched: { ...batched, ...(batchedWithIndex === undefined ? {} : { withIndex: batchedWithIndex }) } }),
    tables,
    ...(trip === undefined ? {} : { roundTripMs: trip }),
    ...advice,
  }
  return { explained: request.values ? explained : redacted(explained), refusals: study.refusals }
}

class Study {
  readonly refusals: Refusal[] = []
  readonly #connection: SideConnection
  readonly #request: StudyRequest
  readonly #advise: Advisor
  /** What the plan of each vector was asked with. */
  readonly #asked = new Map<Plan, ExplainRequest>()

  constructor(connection: SideConnection, request: StudyRequest, advise: Advisor) {
    this.#connection = connection
    this.#request = request
    this.#advise = advise
  }

  async plans(): Promise<ParameterPlan[]> {
    const plans: ParameterPlan[] = []
    for (const { values, executions, rows } of this.#request.vectors.slice(0, MOST_VECTORS)) {
      const asked = this.#requestWith(this.#request.text, values)
      const plan = this.#planOf(await explainStatement(this.#connection, asked))
      if (plan === undefined) continue
      this.#asked.set(plan, asked)
      plans.push({ plan, executions, ...(rows === undefined ? {} : { rows }) })
    }
    return plans
  }

  /** Only where it may differ from the plans that are there. */
  async generic({ engine, planKind }: Plan): Promise<Plan | undefined> {
    const { text } = this.#request
    if (engine !== 'postgres' || planKind === 'generic' || placeholdersIn(text) === 0) return undefined
    const asked: ExplainRequest = { ...this.#requestWith(text, undefined), mode: 'plan' }
    return this.#planOf(await explainStatement(this.#connection, asked))
  }

  async tables(plan: Plan): Promise<CatalogTable[]> {
    const { text, dialect, session = [] } = this.#request
    const read = () => keptCatalog(this.#connection, plan, statementOf(text, dialect).tables, session)
    // MySQL tells no database of a table: it is the one that the application uses
    const step = dialect === 'mysql' ? () => withSession(this.#connection, session, read) : read
    return (await this.#try('catalog-unavailable', step)) ?? []
  }

  /** Indexes for the plan of the most frequent parameters; where it needs none, for the dearest of the others. */
  async advice(
    plans: readonly ParameterPlan[],
    tables: readonly CatalogTable[],
    isBatched: boolean,
  ): Promise<Partial<Advised> & Pick<Advised, 'indexes'>> {
    if (this.#request.advise === false) return { indexes: [] }
    const [first, ...others] = plans.map(({ plan }) => plan) as [Plan, ...Plan[]]
    const [dearest] = others
      .filter(({ fingerprint }) => fingerprint !== first.fingerprint)
      .sort((a, b) => (b.root.totalCost ?? 0) - (a.root.totalCost ?? 0))
    const found = await this.#adviceFor(first, tables, isBatched)
    if (dearest === undefined || (found?.indexes ?? []).length > 0) return found ?? { indexes: [] }
    return (await this.#adviceFor(dearest, tables, isBatched)) ?? found ?? { indexes: [] }
  }

  #adviceFor(plan: Plan, tables: readonly CatalogTable[], isBatched: boolean) {
    const { scratch = false, values = false } = this.#request
    const request = this.#asked.get(plan) as ExplainRequest
    const batched = isBatched ? this.#batchedRequest() : undefined
    const together = batched === undefined ? {} : { batched }
    return this.#try('advice-unavailable', () =>
      this.#advise({ connection: this.#connection, request, plan, tables, scratch, values, ...together }),
    )
  }

  /** What cannot be planned is left out in silence: nobody has sent it. */
  async batched(): Promise<Batched | undefined> {
    const asked = this.#batchedRequest()
    const outcome = asked === undefined ? undefined : await explainStatement(this.#connection, asked)
    if (outcome === undefined || 'refusal' in outcome) return undefined
    const { values = [], keys = values.length } = this.#request.batched ?? {}
    return { plan: outcome.plan, parameters: keys }
  }

  #batchedRequest(): ExplainRequest | undefined {
    const { batched } = this.#request
    return batched === undefined ? undefined : { ...this.#requestWith(batched.text, batched.values), mode: 'plan' }
  }

  #requestWith(text: string, values: ParameterVector['values']): ExplainRequest {
    const { dialect, mode, session, timeoutMs } = this.#request
    return {
      text,
      dialect,
      mode,
      ...(values === undefined ? {} : { values }),
      ...(session === undefined ? {} : { session }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    }
  }

  #planOf(outcome: ExplainOutcome): Plan | undefined {
    if ('refusal' in outcome) {
      this.#refuse(outcome.refusal)
      return undefined
    }
    if (outcome.notAnalyzed !== undefined) this.#refuse(outcome.notAnalyzed)
    return outcome.plan
  }

  async #try<Result>(code: RefusalCode, step: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await step()
    } catch {
      // the words of the server may hold values
      this.#refuse(refuse(code))
      return undefined
    }
  }

  /** Each reason once: five vectors fail as one does. */
  #refuse(refusal: Refusal): void {
    if (!this.refusals.some(({ code }) => code === refusal.code)) this.refusals.push(refusal)
  }
}

function redacted({ plans, generic, batched, indexed, ...rest }: Explained): Explained {
  return {
    ...rest,
    plans: plans.map((one) => ({ ...one, plan: redactPlan(one.plan) })),
    ...(generic === undefined ? {} : { generic: redactPlan(generic) }),
    ...(batched === undefined ? {} : { batched: redactedBatch(batched) }),
    ...(indexed === undefined ? {} : { indexed: redactPlan(indexed) }),
  }
}

function redactedBatch({ plan, withIndex, ...rest }: Batched): Batched {
  return { ...rest, plan: redactPlan(plan), ...(withIndex === undefined ? {} : { withIndex: redactPlan(withIndex) }) }
}
