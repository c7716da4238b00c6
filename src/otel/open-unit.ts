import type { Context } from '@opentelemetry/api'
import { now } from '../instrument/clock.ts'
import type { Statement } from '../model/statement.ts'
import type { FoldedSpans, StatementSpan, UnitSpan, UnitStatement } from '../span-trace.ts'
import { type HrTime, millisecondsOf, type SdkSpan } from './span-types.ts'

/** A tracer rounds to milliseconds, and clocks drift a little while a span runs. */
const SAME_MOMENT_MS = 3

/** A span of a unit that is under way. */
export class OpenSpan implements UnitSpan {
  readonly unit: OpenUnit
  readonly spanId: string
  readonly parent: OpenSpan | undefined
  name: string
  /** By the clock of the process, which tells what was sent before what; that of a tracer is set anew at each span. */
  readonly startMs: number
  endMs = 0
  statement: UnitStatement | undefined = undefined
  /** True where its parent had ended before it began. */
  readonly isUnderEnded: boolean

  constructor(unit: OpenUnit, span: SdkSpan, parent: OpenSpan | undefined) {
    this.unit = unit
    this.spanId = span.spanContext().spanId
    this.parent = parent
    this.name = span.name
    this.startMs = unit.momentOf(span.startTime)
    this.isUnderEnded = parent?.hasEnded === true
  }

  get hasEnded(): boolean {
    return this.endMs !== 0
  }

  end({ name, endTime }: SdkSpan): void {
    this.name = name
    this.endMs = Math.max(this.startMs, this.unit.momentOf(endTime))
  }
}

/** A unit of work that is under way: a local root, and the spans below it. */
export class OpenUnit {
  readonly root: SdkSpan
  /** With the root in it, for events. */
  readonly context: Context
  /** `performance.now()` at the start. */
  readonly openedAt: number
  /** Since 1970. */
  readonly startMs: number
  readonly spans: OpenSpan[] = []
  readonly statements: StatementSpan[] = []
  readonly folded: Map<Statement, FoldedSpans> = new Map()
  readonly #counts = new Map<Statement, number>()
  /** True where some shape ran twice: only then there is anything to judge. */
  hasRepeats = false

  constructor(root: SdkSpan, context: Context, openedAt: number) {
    this.root = root
    this.context = context
    this.openedAt = openedAt
    this.startMs = millisecondsOf(root.startTime)
  }

  /** A moment as the process saw it, since 1970; of spans that were made afterwards, with times of their own, as they say. */
  momentOf(time: HrTime): number {
    const told = millisecondsOf(time)
    const seen = this.startMs + now() - this.openedAt
    return Math.abs(seen - told) > SAME_MOMENT_MS ? told : seen
  }

  /** Keeps the statement of a span that has ended. */
  add(span: OpenSpan, statement: UnitStatement): void {
    span.statement = statement
    this.statements.push(span as StatementSpan)
    this.#count(statement.shape)
  }

  /** Keeps the numbers of a statement only. */
  fold({ shape, call, error }: UnitStatement, durationMs: number): void {
    this.#count(shape)
    const sums = this.folded.get(shape) ?? { count: 0, durationMs: 0, rows: 0, errors: 0 }
    sums.count++
    sums.durationMs += durationMs
    sums.rows += call.rows ?? 0
    if (error !== undefined) sums.errors++
    this.folded.set(shape, sums)
  }

  #count(shape: Statement): void {
    const count = (this.#counts.get(shape) ?? 0) + 1
    this.#counts.set(shape, count)
    if (count > 1) this.hasRepeats = true
  }
}
