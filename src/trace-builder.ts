import type { CapturedCallSite } from './instrument/call-site.ts'
import type { StatementMessage } from './instrument/message.ts'
import type { Scope } from './instrument/scope.ts'
import { sourceFrameOf } from './instrument/source-map.ts'
import type { Statement } from './model/statement.ts'
import type { CallSite, Cell, Execution, Folded, ResultSample, Trace } from './model/trace.ts'
import type { ScopeRecord } from './recorder.ts'
import { sampleResults } from './result-sampler.ts'
import { redactLiterals } from './sql/redact.ts'
import { valuesOf } from './sql/values.ts'
import { ValueTable } from './value-table.ts'

/** Turns what the recorder filed under a scope into its trace; made once, however many ask for it. */
export function buildTrace(scope: Scope, record: ScopeRecord): Trace {
  record.trace ??= new TraceBuilder(scope, record).build()
  return record.trace
}

class TraceBuilder {
  readonly #scope: Scope
  readonly #record: ScopeRecord
  readonly #statements = new Map<Statement, number>()
  readonly #texts: string[] = []
  readonly #callSites = new Map<string, number>()
  readonly #callSiteList: CallSite[] = []
  readonly #values = new ValueTable()
  readonly #rawValues = new Map<StatementMessage, readonly unknown[]>()
  #samples = new Map<StatementMessage, ResultSample>()

  constructor(scope: Scope, record: ScopeRecord) {
    this.#scope = scope
    this.#record = record
  }

  build(): Trace {
    const { messages, counts, folded, rowsComplete } = this.#record
    messages.sort((a, b) => a.startedAt - b.startedAt)
    this.#samples = sampleResults({
      messages,
      counts,
      valuesOf: (message) => this.#valuesOf(message),
      table: this.#values,
    })
    const executions = messages.map((message, id) => this.#executionOf(message, id))
    const sums: Folded[] = [...folded.values()].map(({ statement, callSite, keys, ...rest }) => ({
      ...rest,
      statement: this.#statementIndex(statement, statement.fingerprint),
      ...this.#callSiteOf(callSite),
      distinctParameters: keys.size,
    }))
    return {
      version: 1,
      dialect: messages[0]?.driver.dialect ?? 'postgresql',
      scope: this.#scope.info,
      root: process.cwd(),
      statements: [...this.#statements.keys()],
      texts: this.#texts,
      callSites: this.#callSiteList,
      executions,
      folded: sums,
      values: this.#values.infos,
      rowsComplete,
    }
  }

  #executionOf(message: StatementMessage, id: number): Execution {
    const { text, driver, startedAt, acquiredAt, rows, error, connection, hasEnded } = message
    const statement = message.statement as Statement
    const hasWaited = acquiredAt !== 0
    const result = this.#samples.get(message)
    return {
      id,
      statement: this.#statementIndex(statement, text, driver.dialect),
      ...this.#callSiteOf(message.callSite),
      startMs: startedAt - this.#scope.startedAt,
      durationMs: hasEnded ? message.endedAt - startedAt : -1,
      ...(hasWaited ? { waitMs: acquiredAt - startedAt } : {}),
      ...(hasEnded && error === undefined ? { rows } : {}),
      ...(error === undefined ? {} : { error: errorNameOf(error) }),
      ...(connection === 0 ? {} : { connection }),
      ...(message.isStreamed ? { isStreamed: true } : {}),
      parameters: this.#valuesOf(message).map((value) => this.#values.cellOf(value)),
      ...(result === undefined ? {} : { result }),
    }
  }

  #statementIndex(statement: Statement, text: string, dialect = 'postgresql' as Trace['dialect']): number {
    let index = this.#statements.get(statement)
    if (index === undefined) {
      index = this.#statements.size
      this.#statements.set(statement, index)
      this.#texts.push(redactLiterals(text, dialect))
    }
    return index
  }

  #callSiteOf(captured: CapturedCallSite | undefined): { callSite?: number } {
    if (captured === undefined) return {}
    const frames = captured.frames.map(sourceFrameOf)
    const key = frames.map(({ file, line, column }) => `${file}:${line}:${column}`).join('\u001f')
    let index = this.#callSites.get(key)
    if (index === undefined) {
      index = this.#callSiteList.push({ frames, concurrent: captured.concurrent }) - 1
      this.#callSites.set(key, index)
    }
    return { callSite: index }
  }

  #valuesOf(message: StatementMessage): readonly unknown[] {
    const { text, parameters, driver, statement } = message
    if (statement === undefined || statement.slots.length === 0) return []
    let values = this.#rawValues.get(message)
    if (values === undefined) {
      values = valuesOf(text, driver.dialect, parameters)
      this.#rawValues.set(message, values)
    }
    return values
  }
}

function errorNameOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  return String(code ?? name ?? error)
}
