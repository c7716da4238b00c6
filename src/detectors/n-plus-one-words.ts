import type { Confidence, FindingParent, FindingStatement } from '../model/finding.ts'
import { isByParent } from './orm-call.ts'
import { inField, pathInside } from './subject.ts'

interface Facts {
  readonly statement: FindingStatement
  readonly count: number
  readonly distinct: number
  readonly parent: FindingParent | undefined
  readonly concurrent: boolean
  readonly confidence: Confidence
  /** Columns of the key, the one with the most distinct values first. */
  readonly keys: readonly string[]
  /** Paths in the text are relative to it. */
  readonly root: string
  /** GraphQL fields that sent it. */
  readonly fields: readonly string[]
  /** The call of the ORM that each was sent for. */
  readonly operation: string | undefined
  /** Names of the spans around it, where they stand in for the call site. */
  readonly spanPath: readonly string[] | undefined
  /** Calls of the application, where the ORM gathered some into one statement; else as many as executions. */
  readonly calls: number
}

export function titleOf({ statement, count, distinct, parent, fields }: Facts): string {
  const where = inField(fields)
  if (count === 1 && parent !== undefined)
    return `${statement.summary} grows with the rows of ${tableOf(parent)}${where}`
  if (distinct === 0) return `${count} × ${statement.summary}, keys not seen${where}`
  return `${count} × ${statement.summary} with ${distinct} different keys${where}`
}

/** The proof, or what stands in for it; and what the application called, which may read unlike the statement. */
export function explain(facts: Facts): string {
  return `${proofOf(facts)}${calledAs(facts)}`
}

function calledAs({ operation, calls, count }: Facts): string {
  if (operation === undefined) return ''
  if (calls > count) return ` They come from ${calls} calls of ${operation}, which were gathered in ${count} batches.`
  return ` ${count === 1 ? 'It' : 'Each'} comes from a call of ${operation}.`
}

function proofOf(facts: Facts): string {
  const { count, distinct, parent, statement, concurrent, confidence, root, spanPath } = facts
  const key = keyName(facts)
  const placeOf = ({ callSite }: FindingParent): string =>
    callSite === undefined ? 'before' : `at ${pathInside(root, callSite.file)}:${callSite.line}`
  const sideBySide = concurrent ? ' They were sent side by side, but each is a round trip of its own.' : ''
  if (parent !== undefined && count === 1) {
    return `The value of ${key} came from ${columnName(parent)} in the one row read ${placeOf(parent)}. One query now; it grows with the rows of ${tableOf(parent)} if it runs once per row.`
  }
  if (parent !== undefined) {
    const source = `${columnName(parent)} in the ${rowsOf(parent)} read ${placeOf(parent)}`
    return `All ${distinct} values of ${key} came from ${source}.${nesting(parent)}${sideBySide}`
  }
  const where = placeWords(confidence, spanPath)
  const subject = statement.tables[0] ?? 'the database'
  if (distinct === 0) {
    return `${count} look-ups in ${subject} by ${key}, ${where}. Their values were not seen: it cannot be told whether the keys differ, nor where they came from.${sideBySide}`
  }
  return `${count} look-ups in ${subject} ${where}, by ${distinct} different values of ${key}; where the values came from was not seen.${sideBySide}`
}

function placeWords(confidence: Confidence, spanPath: readonly string[] | undefined): string {
  if (confidence !== 'likely') return 'with the same shape'
  if (spanPath === undefined) return 'from the same line'
  return spanPath[0] === undefined ? 'in one trace' : `under the span \`${spanPath[0]}\``
}

function nesting({ parent, summary }: FindingParent): string {
  if (parent === undefined) return ''
  return ` That query (${summary}) itself runs once per row of ${parent.summary}.`
}

function rowsOf({ rows, executions }: FindingParent): string {
  const counted = `${rows} ${rows === 1 ? 'row' : 'rows'}`
  return executions === 1 ? counted : `${counted} of ${executions} queries`
}

function keyName({ keys, statement, parent }: Facts): string {
  const table = isByParent(statement, keys[0], parent) ? parent?.summary.split(' ')[1] : statement.tables[0]
  if (keys.length === 0) return 'its argument'
  if (keys.length > 1) return `(${keys.join(', ')})`
  return table === undefined ? (keys[0] as string) : `${shortName(table)}.${keys[0]}`
}

function columnName({ column, summary }: FindingParent): string {
  const table = summary.split(' ')[1]
  return table === undefined ? column : `${shortName(table)}.${column}`
}

function tableOf({ summary }: FindingParent): string {
  const table = summary.split(' ')[1]
  return table === undefined ? 'its parent' : shortName(table)
}

function shortName(table: string): string {
  return table.slice(table.lastIndexOf('.') + 1)
}

export function adviceFor({ count, parent, keys, statement }: Facts): string {
  if (parent?.fingerprint === statement.fingerprint) {
    return `Walk the tree in the database: one recursive query (with recursive …) reads what ${count} queries read here; or load it level by level.`
  }
  const key = keys[0] ?? 'key'
  const table = statement.tables[0] === undefined ? 'the rows' : shortName(statement.tables[0])
  const from = parent === undefined ? 'the values' : `the ${columnName(parent)} values`
  const total = parent === undefined ? '' : ` (${count + parent.executions} → ${1 + parent.executions} queries)`
  return `Collect ${from} first, load ${table} once by ${key}, and look the rows up in a Map${total}; or join ${table} in the parent query.`
}
