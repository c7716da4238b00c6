import { readsList } from './detectors/single-row.ts'
import type { CapturedCallSite } from './instrument/call-site.ts'
import { scopeEnd, scopeMerge, statementEnd, statementStart, subscribeGuarded } from './instrument/channel.ts'
import type { StatementMessage } from './instrument/message.ts'
import type { ScopeMerge } from './instrument/process-scope.ts'
import type { Scope } from './instrument/scope.ts'
import { onceInProcess, state } from './instrument/state.ts'
import { cellKey } from './model/cell-key.ts'
import type { Statement } from './model/statement.ts'
import type { Trace } from './model/trace.ts'
import { statementOf } from './sql/statement.ts'
import { ValueTable } from './value-table.ts'

/** Executions of one shape that a scope lists; from there on repeats are folded into sums. */
const MAX_LISTED_PER_SHAPE = 1_000

/** Executions that a scope lists in all. */
const MAX_LISTED = 10_000

/** Rows a scope keeps references to, as possible sources of later parameters. They live until it closes. */
const MAX_KEPT_ROWS = 50_000

/**
 * Executions up to which `repeated` mode takes every stack from the second on, until some are alike; then the 4th, 8th,
 * 16th, … only. What has no stack is counted to the chain of calls of those that have one.
 */
const EARLY_CAPTURES = 10

/** Stacks of a shape, one after the other and all alike, that make a loop: the next ones are taken to be like them. */
const STEADY_CAPTURES = 3

/** Distinct parameters counted among folded executions. */
const MAX_FOLDED_KEYS = 1_000

/** Stacks of one shape so far, in `repeated` mode. */
interface Captures {
  /** The last one whose stack was asked for; it may come later. */
  message: StatementMessage | undefined
  callSite: CapturedCallSite | undefined
  /** How many in a row were alike. */
  alike: number
}

/** Sums over executions that are no longer listed. */
export interface FoldedSums {
  readonly statement: Statement
  readonly callSite: CapturedCallSite | undefined
  count: number
  durationMs: number
  rows: number
  errors: number
  readonly keys: Set<string>
  readonly values: ValueTable
}

/** A unit of work inside another one. */
export interface ScopePart {
  readonly scope: Scope
  readonly record: ScopeRecord
}

/** What a scope did, while it is open. */
export class ScopeRecord {
  /** In start order. */
  readonly messages: StatementMessage[] = []
  readonly counts: Map<Statement, number> = new Map()
  readonly captures: Map<Statement, Captures> = new Map()
  readonly folded: Map<string, FoldedSums> = new Map()
  keptRows = 0
  rowsComplete = true
  /** Units of work inside this one, which are judged one by one; their statements are in {@link messages} as well. */
  parts: ScopePart[] = []
  /** True where some shape ran twice: only then there is anything to prove. */
  hasRepeats = false
  /** True where a list of rows happened to hold one. */
  hasSingleRowLists = false
  /** Made once, however many profilers listen. */
  trace: Trace | undefined = undefined
}

/** Subscribes to the channels of the instrumentations, once per process; the one place that files statements. */
export function startRecorder(): void {
  onceInProcess('recorder', () => {
    subscribeGuarded(statementStart, fileStart)
    subscribeGuarded(statementEnd, fileEnd)
    subscribeGuarded(scopeEnd, passToParent)
    subscribeGuarded(scopeMerge, merge)
    return true
  })
}

/** The record of a scope; made when its first statement starts. */
export function recordOf(scope: Scope): ScopeRecord {
  scope.record ??= new ScopeRecord()
  return scope.record as ScopeRecord
}

function fileStart(message: StatementMessage): void {
  const { scope } = message
  const record = recordOf(scope)
  const statement = statementOf(message.text, message.driver.dialect)
  const count = (record.counts.get(statement) ?? 0) + 1
  record.counts.set(statement, count)
  if (count === 2) record.hasRepeats = true
  message.statement = statement
  if (count > MAX_LISTED_PER_SHAPE || record.messages.length >= MAX_LISTED) message.isFolded = true
  else record.messages.push(message)
  message.needsCallSite = needsCallSite(message, record, statement, count)
}

function needsCallSite(message: StatementMessage, record: ScopeRecord, statement: Statement, count: number): boolean {
  const { callSites, isCountedOnly } = message.scope
  if (isCountedOnly) return false
  if (callSites === 'all') return count <= MAX_LISTED_PER_SHAPE
  if (callSites !== 'repeated' || count < 2 || count > MAX_LISTED_PER_SHAPE) return false
  const captures = capturesOf(record, statement)
  const isEarly = count <= EARLY_CAPTURES && captures.alike < STEADY_CAPTURES
  if (!isEarly && (count & (count - 1)) !== 0) return false
  captures.message = message
  return true
}

function capturesOf(record: ScopeRecord, statement: Statement): Captures {
  let captures = record.captures.get(statement)
  if (captures === undefined) {
    captures = { message: undefined, callSite: undefined, alike: 0 }
    record.captures.set(statement, captures)
  }
  const callSite = captures.message?.callSite
  if (callSite !== undefined) {
    // one object per chain of calls
    captures.alike = callSite === captures.callSite ? captures.alike + 1 : 1
    captures.callSite = callSite
    captures.message = undefined
  }
  return captures
}

function fileEnd(message: StatementMessage): void {
  const { scope, statement, result } = message
  if (statement === undefined || scope.isClosed) {
    message.result = undefined
    return
  }
  const record = recordOf(scope)
  if (message.isFolded) fold(record, message, statement)
  if (result === undefined) return
  const isWanted = !message.isFolded && !scope.isCountedOnly && statement.kind === 'select'
  const isKept = isWanted && record.keptRows + result.rows.length <= MAX_KEPT_ROWS
  if (isKept) {
    record.keptRows += result.rows.length
    if (result.rows.length === 1) record.hasSingleRowLists ||= readsList(statement)
  } else {
    if (result.rows.length > 0 && !statement.writes) record.rowsComplete = false
    message.result = undefined
  }
}

function fold(record: ScopeRecord, message: StatementMessage, statement: Statement): void {
  const frame = message.callSite?.frames[0]
  const key = `${statement.fingerprint}\u001f${frame?.file}:${frame?.line}`
  let sums = record.folded.get(key)
  if (sums === undefined) {
    const { callSite } = message
    const [keys, values] = [new Set<string>(), new ValueTable()]
    sums = { statement, callSite, count: 0, durationMs: 0, rows: 0, errors: 0, keys, values }
    record.folded.set(key, sums)
  }
  sums.count++
  sums.durationMs += message.endedAt - message.startedAt
  sums.rows += message.rows
  if (message.error !== undefined) sums.errors++
  if (sums.keys.size < MAX_FOLDED_KEYS) sums.keys.add(parametersKey(message, sums.values))
}

function parametersKey({ parameters, text }: StatementMessage, values: ValueTable): string {
  return parameters?.map((value) => cellKey(values.cellOf(value))).join(',') ?? text
}

/**
 * A block inside a test: its statements count for the test too. It is judged alone where what the outer scope repeats is
 * no loop of the application: requests, and what a test measures time and again.
 */
function passToParent(scope: Scope): void {
  const { parent } = scope
  const record = scope.record as ScopeRecord | undefined
  if (record !== undefined) countCallSites(scope, record)
  if (parent === undefined || parent.isClosed || record === undefined) return
  const target = recordOf(parent)
  addRecord(target, scope, record)
  if (scope.kind === 'request' || parent.kind === 'test') target.parts.push({ scope, record })
  else target.parts.push(...record.parts)
}

/** What a scope sent by itself, outside its {@link ScopeRecord.parts}. */
export function ownRecordOf(record: ScopeRecord): ScopeRecord {
  const own = new ScopeRecord()
  const theirs = new Set(record.parts.flatMap((part) => part.record.messages))
  const ids = record.parts.map(({ scope }) => `${scope.id}:`)
  for (const message of record.messages) {
    if (theirs.has(message) || message.statement === undefined) continue
    own.messages.push(message)
    own.counts.set(message.statement, (own.counts.get(message.statement) ?? 0) + 1)
  }
  for (const [key, sums] of record.folded) if (!ids.some((id) => key.startsWith(id))) own.folded.set(key, sums)
  own.keptRows = record.keptRows
  own.rowsComplete = record.rowsComplete
  own.hasRepeats = record.hasRepeats
  own.hasSingleRowLists = record.hasSingleRowLists
  return own
}

function merge({ from, into }: ScopeMerge): void {
  const record = from.record as ScopeRecord | undefined
  if (record === undefined) return
  countCallSites(from, record)
  addRecord(recordOf(into), from, record)
}

function addRecord(target: ScopeRecord, scope: Scope, record: ScopeRecord): void {
  for (const message of record.messages) {
    if (target.messages.length < MAX_LISTED) target.messages.push(message)
  }
  for (const [statement, count] of record.counts) {
    target.counts.set(statement, (target.counts.get(statement) ?? 0) + count)
  }
  target.hasRepeats = [...target.counts.values()].some((count) => count > 1)
  target.keptRows += record.keptRows
  target.hasSingleRowLists ||= record.hasSingleRowLists
  target.rowsComplete &&= record.rowsComplete
  for (const [key, sums] of record.folded) target.folded.set(`${scope.id}:${key}`, sums)
}

function countCallSites(scope: Scope, { messages }: ScopeRecord): void {
  const { counters } = state
  for (const message of messages) {
    if (message.scope !== scope) continue
    if (message.callSite !== undefined) counters.withCallSite++
    else if (message.needsCallSite && message.statement?.kind !== 'transaction') counters.lostCallSites++
  }
}
