import type { Statement } from '../model/statement.ts'
import type { Trace } from '../model/trace.ts'
import { singleLookupOf } from './lookup.ts'
import type { Loop } from './loop.ts'
import { type ColumnIndex, provenanceOf } from './provenance.ts'
import type { Repetition } from './repetition.ts'

/** Notes of this kind per scope: they are information, and one list page may have many. */
const MAX_NOTES = 5

/**
 * Look-ups by a value of a list that happened to have one row. Whether they stand in a loop cannot be told from one
 * run; with more rows they may become an N+1, so they are worth a note (`info`), and never more than that. Look-ups by
 * a value of a row that was itself asked for by key are left alone: there is only one such row.
 */
export function singleRowLoops(trace: Trace, repetitions: readonly Repetition[], columns: ColumnIndex): Loop[] {
  const loops: Loop[] = []
  for (const repetition of repetitions) {
    if (repetition.executions.length !== 1 || repetition.folded.length > 0 || loops.length >= MAX_NOTES) continue
    const statement = trace.statements[repetition.statement]
    const lookup = singleLookupOf(trace, repetition)
    if (statement?.kind !== 'select' || statement.writes || lookup === undefined) continue
    const provenance = provenanceOf(trace, lookup, columns)
    if (provenance === undefined || provenance.affinity < 1) continue
    if (provenance.rows !== 1 || !readsList(trace.statements[provenance.statement])) continue
    loops.push({ repetition, lookup, provenance, confidence: 'proven', count: 1, distinct: 1, companions: [] })
  }
  return loops
}

const UNIQUE_COLUMN = /^(id|uuid|guid|email|slug|username|login|token|key|code|name|hash|sid)$|_(uuid|token|key|hash)$/

/** A statement that may give many rows: no key asked for, no limit, no aggregate. */
export function readsList(statement: Statement | undefined): boolean {
  if (statement === undefined) return false
  let known = listReaders.get(statement)
  if (known === undefined) {
    known = judgeList(statement)
    listReaders.set(statement, known)
  }
  return known
}

const listReaders = new WeakMap<Statement, boolean>()

function judgeList(statement: Statement | undefined): boolean {
  if (
    statement?.kind !== 'select' ||
    / limit | fetch |^select (count|sum|min|max|avg|exists) ?\(/.test(statement.fingerprint)
  ) {
    return false
  }
  return !statement.slots.some(
    ({ clause, operator, column = '' }) => clause === 'where' && operator === '=' && UNIQUE_COLUMN.test(column),
  )
}
