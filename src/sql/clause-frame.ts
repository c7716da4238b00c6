import type { Clause } from '../model/statement.ts'

/** What a value is compared with or assigned to; no operator where it is assigned. */
export interface Comparison {
  readonly columns: readonly string[] | undefined
  readonly operator: string | undefined
}

/** What is known of one level of parentheses, of which the outermost is the statement itself. */
export interface Frame {
  clause: Clause
  /** A verb was read: select, insert, update …. */
  hasVerb: boolean
  /** WITH was read and the verb was not. */
  inWith: boolean
  isRecursive: boolean
  expectsTable: boolean
  /** In a FROM clause, where a comma announces another table. */
  inFrom: boolean
  /** What a value that is a whole member here is compared with. */
  readonly comparison: Comparison | undefined
  /** Members of parentheses inside are compared by position. */
  readonly isListOfRows: boolean
  readonly isRow: boolean
  /** Names standing alone as members; undefined once there is anything else. */
  names: string[] | undefined
  member: number
  /** CTE that this body defines. */
  readonly defines: string | undefined
  readonly isColumnList: boolean
  readonly isCall: boolean
  between: Comparison | undefined
}

/** A level of parentheses at its begin. */
export function newFrame(clause: Clause, given: Partial<Frame> = {}): Frame {
  return {
    clause,
    hasVerb: false,
    inWith: false,
    isRecursive: false,
    expectsTable: false,
    inFrom: false,
    comparison: undefined,
    isListOfRows: false,
    isRow: false,
    names: [],
    member: 0,
    defines: undefined,
    isColumnList: false,
    isCall: false,
    between: undefined,
    ...given,
  }
}

/** Begins a clause in which no table is named, unless what follows says so. */
export function enterClause(frame: Frame, clause: Clause): void {
  frame.clause = clause
  frame.expectsTable = frame.inFrom = false
  frame.between = undefined
}

/** What the member of a list or row that comes next is compared with or assigned to. */
export function memberComparison(frame: Frame): Comparison | undefined {
  const given = frame.comparison
  if (given === undefined) return undefined
  if (!frame.isRow || given.columns === undefined) return given
  const column = given.columns[frame.member]
  return { columns: column === undefined ? undefined : [column], operator: given.operator }
}
