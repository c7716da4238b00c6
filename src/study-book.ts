import type { StatementMessage } from './instrument/message.ts'
import type { ExplainedStatement } from './model/plan.ts'
import type { Statement } from './model/statement.ts'
import type { Trace } from './model/trace.ts'
import type { SideTarget } from './side-connections.ts'
import { Study } from './study.ts'
import type { Candidate } from './study-candidates.ts'

/** Statements that are studied in one process. */
export const MAX_STUDIES = 1_000

/** Studies of one statement on one server, where its connections are set differently: tenants by schema, roles. */
const MAX_PER_STATEMENT = 5

/** Scopes in which a statement is looked at as a loop: after these it is known, on every server it is sent to, or never is. */
const MAX_LOOPS = 20

/** Names of scopes that a study keeps. */
const MAX_SCOPES = 5

/** All that was learnt in this process, and what waits to be: each statement once per server and session. */
export class StudyBook {
  readonly #studies = new Map<string, Study>()
  /** Studies of a statement on a server, by session; the first stands in for those that are too many. */
  readonly #bySession = new Map<string, Map<string, Study>>()

  readonly #loops = new WeakMap<Statement, number>()

  get studies(): Iterable<Study> {
    return this.#studies.values()
  }

  /**
   * Files a candidate under its study.
   *
   * @returns undefined where there are too many already.
   */
  file(candidate: Candidate, scope: string): Study | undefined {
    const study = this.#studyOf(candidate)
    if (study === undefined) return undefined
    study.durationMs += candidate.durationMs
    study.noIndexUsed ||= candidate.noIndexUsed
    if (study.scopes.size < MAX_SCOPES) study.scopes.add(scope)
    for (const one of candidate.classes) {
      if (study.taken.has(one.key) || study.taken.size >= MAX_PER_STATEMENT) continue
      study.taken.add(one.key)
      study.waiting.push(one)
    }
    fileBatch(study, candidate)
    return study
  }

  /** Whether a loop of this statement is still worth a look. */
  wantsLoop(statement: Statement): boolean {
    const seen = this.#loops.get(statement) ?? 0
    if (seen < MAX_LOOPS) this.#loops.set(statement, seen + 1)
    return seen < MAX_LOOPS
  }

  /** The study that a candidate was filed under. */
  find(candidate: Candidate): Study | undefined {
    const sessions = this.#bySession.get(keyOf(candidate))
    return sessions?.get(sessionKeyOf(candidate)) ?? sessions?.values().next().value
  }

  /** What is known of the statements of a trace. */
  plansOf(trace: Trace, candidates: readonly Candidate[]): ExplainedStatement[] {
    const found = new Map(candidates.map((candidate) => [candidate.statement, candidate]))
    return trace.statements.flatMap((statement, index) => {
      const candidate = found.get(statement)
      const explained = candidate === undefined ? undefined : this.#explained(candidate)
      return explained === undefined ? [] : [{ statement: index, ...explained }]
    })
  }

  #explained(candidate: Candidate): Omit<ExplainedStatement, 'statement'> | undefined {
    const study = this.find(candidate)
    if (study?.explained === undefined || study.classes.length === 0) return undefined
    const plans = study.classes.map(({ key, plan }) => {
      const seen = candidate.classes.find((one) => one.key === key)
      if (seen === undefined) return { plan, executions: 0 }
      return { plan, executions: seen.executions, rows: seen.rows / seen.executions }
    })
    // what this scope did first
    plans.sort((a, b) => b.executions - a.executions)
    return { ...study.explained, plans }
  }

  #studyOf(candidate: Candidate): Study | undefined {
    const key = keyOf(candidate)
    const session = sessionKeyOf(candidate)
    const sessions = this.#bySession.get(key) ?? new Map<string, Study>()
    const known =
      sessions.get(session) ?? (sessions.size >= MAX_PER_STATEMENT ? sessions.values().next().value : undefined)
    if (known !== undefined) return known
    if (this.#studies.size >= MAX_STUDIES) return sessions.values().next().value
    const study = new Study(candidate.statement, candidate.driver.dialect, targetOf(candidate))
    sessions.set(session, study)
    this.#bySession.set(key, sessions)
    this.#studies.set(`${key}\n${session}`, study)
    return study
  }
}

/** A loop that is first seen when its statement is known already is asked about with the class that is known. */
function fileBatch(study: Study, { batch, classes: [first] }: Candidate): void {
  if (study.batch !== undefined || batch === undefined || first === undefined) return
  study.batch = batch
  if (study.waiting.length === 0) study.waiting.push(first)
}

function keyOf(candidate: Candidate): string {
  const { dialect, name } = candidate.driver
  return `${targetOf(candidate)?.key ?? name}\n${dialect}\n${candidate.statement.fingerprint}`
}

/** Schemas and roles decide which tables are meant; other settings change from request to request, as a tenant's id does. */
function sessionKeyOf({ classes: [first] }: Candidate): string {
  return (first?.session ?? []).filter((text) => /search_path|\brole\b|^use\b|authorization/i.test(text)).join('\n')
}

function targetOf({ driver, through }: Pick<StatementMessage, 'driver' | 'through'>): SideTarget | undefined {
  if (through === undefined || driver.openAside === undefined) return undefined
  return { driver, through, key: driver.asideKeyOf?.(through) ?? driver.name }
}
