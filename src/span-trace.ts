import type { Statement } from './model/statement.ts'
import type { CallSite, Execution, Folded, ScopeInfo, Trace } from './model/trace.ts'
import { type DatabaseCall, databaseCallOf, type SpanAttributes } from './sources/database-span.ts'
import { redactLiterals } from './sql/redact.ts'
import { statementOf } from './sql/statement.ts'
import { valuesOf } from './sql/values.ts'
import { ValueTable } from './value-table.ts'

/** A span, as much of it as is kept until its unit of work ends. */
export interface UnitSpan {
  readonly spanId: string
  readonly parent: UnitSpan | undefined
  readonly name: string
  /** Since 1970. */
  readonly startMs: number
  /** Since 1970; before {@link startMs} while it is open. */
  readonly endMs: number
  /** Present on spans of statements whose text is known. */
  readonly statement?: UnitStatement | undefined
}

/** The statement of a span. */
export interface UnitStatement {
  readonly call: DatabaseCall & { readonly text: string }
  readonly shape: Statement
  /** Code of the error it ended in, or its class name. */
  readonly error?: string | undefined
}

/** The span of a statement. */
export type StatementSpan = UnitSpan & { readonly statement: UnitStatement }

/** What was read of a span of a database. */
export interface SpanReading {
  readonly call: DatabaseCall
  /** Absent where the text is not known, or was cut. */
  readonly statement?: UnitStatement
}

/**
 * Reads the statement of a span from its attributes.
 *
 * @param longestText length at which the tracer cuts attributes; 0 for none.
 * @param error code of the error it ended in, or its class name.
 * @returns undefined for a span of something else.
 */
export function readSpan(attributes: SpanAttributes, longestText: number, error?: string): SpanReading | undefined {
  const call = databaseCallOf(attributes, longestText)
  if (call?.text === undefined || call.isCut) return call && { call }
  const { text, dialect } = call
  return { call, statement: { call: { ...call, text }, shape: statementOf(text, dialect), error } }
}

/** Sums over statements that are not listed one by one. */
export interface FoldedSpans {
  count: number
  durationMs: number
  rows: number
  errors: number
}

/** A unit of work as its spans tell it. */
export interface SpanUnit {
  readonly scope: ScopeInfo
  /** When the scope began, since 1970. */
  readonly startMs: number
  /** In any order. */
  readonly spans: readonly StatementSpan[]
  readonly folded: ReadonlyMap<Statement, FoldedSpans>
}

/** The trace of a unit, and by the id of each execution its span. */
export interface SpanTrace {
  readonly trace: Trace
  readonly spans: readonly StatementSpan[]
}

/** Makes the trace of a unit of work; a statement that two instrumentations made a span of, one in the other, is one. */
export function traceOfSpans({ scope, startMs, spans, folded }: SpanUnit): SpanTrace {
  const wrappers = wrappersAmong(spans)
  const kept = spans.filter((span) => !wrappers.has(span)).sort((a, b) => a.startMs - b.startMs)
  const parts = new SpanTraceParts(startMs, wrappers)
  const executions = kept.map((span, id) => parts.executionOf(span, id))
  const sums: Folded[] = [...folded].map(([shape, each]) => ({
    ...each,
    statement: parts.statementIndex(shape, () => shape.fingerprint),
    distinctParameters: 0,
  }))
  const trace: Trace = {
    version: 1,
    dialect: kept[0]?.statement.call.dialect ?? 'postgresql',
    scope,
    root: process.cwd(),
    statements: parts.statements,
    texts: parts.texts,
    callSites: parts.callSites,
    spanPaths: parts.paths,
    executions,
    folded: sums,
    values: parts.values.infos,
    rowsComplete: false,
  }
  return { trace, spans: kept }
}

/** Spans deeper than this are taken for a loop of ids. */
const DEEPEST = 100

/** Spans that hold one of the very same statement: an ORM's around its driver's. */
function wrappersAmong(spans: readonly StatementSpan[]): Set<UnitSpan> {
  const wrappers = new Set<UnitSpan>()
  for (const { statement, parent } of spans) {
    let depth = 0
    for (let outer = parent; outer !== undefined && depth < DEEPEST; outer = outer.parent, depth++) {
      if (outer.statement?.shape === statement.shape) wrappers.add(outer)
    }
  }
  return wrappers
}

class SpanTraceParts {
  readonly statements: Statement[] = []
  readonly texts: string[] = []
  readonly callSites: CallSite[] = []
  readonly paths: string[][] = []
  readonly values = new ValueTable()
  readonly #startMs: number
  readonly #wrappers: ReadonlySet<UnitSpan>
  readonly #indexes = new Map<Statement, number>()
  readonly #pathIndexes = new Map<string, number>()
  readonly #pathsOfParents = new Map<UnitSpan | undefined, number>()
  /** Texts that were found to have placeholders; most statements have one. */
  readonly #unseen = new Map<Statement, string>()
  readonly #siteIndexes = new Map<string, number>()

  constructor(startMs: number, wrappers: ReadonlySet<UnitSpan>) {
    this.#startMs = startMs
    this.#wrappers = wrappers
  }

  executionOf(span: StatementSpan, id: number): Execution {
    const { call, shape, error } = span.statement
    const parameters = this.#parametersOf(span.statement)
    return {
      id,
      statement: this.statementIndex(shape, () => redactLiterals(call.text, call.dialect)),
      ...(call.frame === undefined ? {} : { callSite: this.#callSiteOf(call.frame) }),
      spanPath: this.#pathOf(span.parent),
      startMs: span.startMs - this.#startMs,
      durationMs: span.endMs - span.startMs,
      ...(error === undefined ? {} : { error }),
      ...(error === undefined && call.rows !== undefined ? { rows: call.rows } : {}),
      ...(parameters === undefined ? {} : { parameters }),
    }
  }

  statementIndex(shape: Statement, textOf: () => string): number {
    let index = this.#indexes.get(shape)
    if (index === undefined) {
      index = this.statements.push(shape) - 1
      this.texts.push(textOf())
      this.#indexes.set(shape, index)
    }
    return index
  }

  /** Literals of the text; undefined where it has placeholders, whose values nobody told. */
  #parametersOf({ call: { text, dialect }, shape }: UnitStatement): Execution['parameters'] {
    if (shape.slots.length === 0) return []
    if (this.#unseen.get(shape) === text) return undefined
    const values = valuesOf(text, dialect, undefined)
    const isUnseen = (value: unknown): boolean =>
      value === undefined || (Array.isArray(value) && value.some((member) => member === undefined))
    if (!values.some(isUnseen)) return values.map((value) => this.values.cellOf(value))
    this.#unseen.set(shape, text)
    return undefined
  }

  #callSiteOf(frame: CallSite['frames'][number]): number {
    const key = `${frame.file}:${frame.line}:${frame.column}`
    let index = this.#siteIndexes.get(key)
    if (index === undefined) {
      index = this.callSites.push({ frames: [frame], concurrent: false }) - 1
      this.#siteIndexes.set(key, index)
    }
    return index
  }

  #pathOf(parent: UnitSpan | undefined): number {
    const known = this.#pathsOfParents.get(parent)
    if (known !== undefined) return known
    const names: string[] = []
    for (let span = parent; span !== undefined && names.length < DEEPEST; span = span.parent) {
      if (!this.#wrappers.has(span)) names.push(span.name)
    }
    const key = names.join('\u001f')
    let index = this.#pathIndexes.get(key)
    if (index === undefined) {
      index = this.paths.push(names) - 1
      this.#pathIndexes.set(key, index)
    }
    this.#pathsOfParents.set(parent, index)
    return index
  }
}
