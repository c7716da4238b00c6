import type { CapturedCallSite } from './instrument/call-site.ts'
import { fieldNameOf } from './instrument/graphql-field.ts'
import type { StatementMessage } from './instrument/message.ts'
import type { OrmCall } from './instrument/operation.ts'
import type { Scope } from './instrument/scope.ts'
import { sourceFrameOf } from './instrument/source-map.ts'
import type { Statement } from './model/statement.ts'
import type { CallSite, Execution, Folded, Operations, ResultSample, Trace } from './model/trace.ts'
import type { ScopeRecord } from './recorder.ts'
import { sampleResults } from './result-sampler.ts'
import { valuesOf } from './sql/values.ts'
import { readingOf } from './text-reading.ts'
import { ValueTable } from './value-table.ts'

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] }

/** Turns what the recorder filed under a scope into its trace; made once, however many ask for it. */
export function buildTrace(scope: Scope, record: ScopeRecord): Trace {
  record.trace ??= makeTrace(scope, record)
  return record.trace
}

/** The trace of a scope that goes on. */
export function makeTrace(scope: Scope, record: ScopeRecord): Trace {
  return new TraceBuilder(scope, record).build()
}

class TraceBuilder {
  readonly #scope: Scope
  readonly #record: ScopeRecord
  readonly #statements = new Map<Statement, number>()
  readonly #texts: string[] = []
  readonly #callSites = new Map<CapturedCallSite, number>()
  readonly #callSiteList: CallSite[] = []
  readonly #values = new ValueTable()
  readonly #rawValues = new Map<StatementMessage, readonly unknown[]>()
  /** Of calls that were sent together, how often each statement was sent for them. */
  readonly #sentFor = new Map<OrmCall, Map<Statement, number>>()
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
    this.#countCalls(messages)
    const executions = messages.map((message, id) => this.#executionOf(message, id))
    const sums: Folded[] = [...folded.values()].map(({ statement, callSite, keys, values: _, ...rest }) => ({
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
    const result = this.#samples.get(message)
    const execution: Writable<Execution> = {
      id,
      statement: this.#statementIndex(statement, text, driver.dialect),
      startMs: startedAt - this.#scope.startedAt,
      durationMs: hasEnded ? message.endedAt - startedAt : -1,
      parameters: this.#valuesOf(message).map((value) => this.#values.cellOf(value)),
    }
    const { callSite } = this.#callSiteOf(message.callSite)
    if (callSite !== undefined) execution.callSite = callSite
    if (message.field !== undefined) execution.field = fieldNameOf(message.field)
    if (acquiredAt !== 0) execution.waitMs = acquiredAt - startedAt
    if (error !== undefined) execution.error = errorNameOf(error)
    else if (hasEnded) execution.rows = rows
    if (connection !== 0) execution.connection = connection
    if (message.isStreamed) execution.isStreamed = true
    if (message.noIndexUsed) execution.noIndexUsed = true
    if (message.orm !== undefined) execution.orm = message.orm
    if (message.call !== undefined) execution.operations = this.#operationsOf(message.call, statement)
    if (result !== undefined) execution.result = result
    return execution
  }

  #countCalls(messages: readonly StatementMessage[]): void {
    for (const { call, statement } of messages) {
      if (call === undefined || call.together === 1 || statement === undefined) continue
      const counts = this.#sentFor.get(call) ?? new Map<Statement, number>()
      counts.set(statement, (counts.get(statement) ?? 0) + 1)
      this.#sentFor.set(call, counts)
    }
  }

  /** Calls that were sent together may still have become a statement each, or one for every so many of them. */
  #operationsOf(call: OrmCall, statement: Statement): Operations {
    const { name, together } = call
    const times = statement.kind === 'transaction' ? 1 : (this.#sentFor.get(call)?.get(statement) ?? 1)
    return { name, count: Math.ceil(together / times) }
  }

  #statementIndex(statement: Statement, text: string, dialect = 'postgresql' as Trace['dialect']): number {
    let index = this.#statements.get(statement)
    if (index === undefined) {
      index = this.#statements.size
      this.#statements.set(statement, index)
      this.#texts.push(readingOf(statement, text, dialect).redacted)
    }
    return index
  }

  #callSiteOf(captured: CapturedCallSite | undefined): { callSite?: number } {
    if (captured === undefined) return {}
    let index = this.#callSites.get(captured)
    if (index === undefined) {
      const { frames, concurrent } = captured
      const awaiting = frames.findIndex(({ isAwaiting }) => isAwaiting)
      const site = { frames: frames.map(sourceFrameOf), concurrent, ...(awaiting === -1 ? {} : { awaiting }) }
      index = this.#callSiteList.push(site) - 1
      this.#callSites.set(captured, index)
    }
    return { callSite: index }
  }

  #valuesOf(message: StatementMessage): readonly unknown[] {
    const { text, parameters, driver, statement } = message
    if (statement === undefined || statement.slots.length === 0) return []
    let values = this.#rawValues.get(message)
    if (values === undefined) {
      const { bindings } = readingOf(statement, text, driver.dialect)
      // sqlite3 takes values by number in an object
      const isObject = driver.dialect === 'sqlite' && typeof parameters?.[0] === 'object'
      values =
        (isObject ? undefined : bindings)?.map((binding) =>
          typeof binding === 'number' ? parameters?.[binding] : binding.literal,
        ) ?? valuesOf(text, driver.dialect, parameters)
      this.#rawValues.set(message, values)
    }
    return values
  }
}

function errorNameOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  return String(code ?? name ?? error)
}
