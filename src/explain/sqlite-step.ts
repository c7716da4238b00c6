import type { Op, PlanNode } from '../model/plan.ts'
import type { PlanDraft } from './plan-draft.ts'
import { defined } from './plan-fields.ts'

/** What a row of EXPLAIN QUERY PLAN says, and how it stands to its neighbours. */
export interface SqliteStep {
  /**
   * `loop` is one of a join, and `aside` prepares the next one; `sort` works on the result of all; `subquery` is run by them;
   * `source` is read by a loop by its name; `members` has several inputs, of which each may be below a `heading`; `step` is
   * one of a recursion.
   */
  readonly role: 'loop' | 'aside' | 'sort' | 'subquery' | 'source' | 'members' | 'heading' | 'step'
  readonly draft: PlanDraft
}

/**
 * Reads the words of one row. They are meant for people and drift from version to version, so that only their beginnings
 * are relied on: what is not known is a loop that does something else.
 *
 * @param made names of what is no table, as {@link sourceOf} reads them in the other rows.
 */
export function sqliteStep(detail: string, made: ReadonlySet<string> = new Set()): SqliteStep {
  const text = detail.trim()
  for (const read of [accessOf, subqueryOf, sortOf, makingOf, compoundOf]) {
    const step = read(text, made)
    if (step !== undefined) return step
  }
  return { role: 'loop', draft: { op: 'other', nodeType: text, children: [] } }
}

const access =
  /^(SCAN|SEARCH)\s+(?:TABLE\s+)?(?:(CONSTANT ROW|\d+(?:-ROW VALUES CLAUSE| CONSTANT ROWS?))|(SUBQUERY \d+|\([^)]*\)|\S+)(?:\s+AS\s+(\S+))?)(.*)$/s

function accessOf(text: string, made: ReadonlySet<string>): SqliteStep | undefined {
  const match = access.exec(text)
  if (match === null) return /^(?:CREATE )?BLOOM FILTER\b/.test(text) ? bloomFilterOf(text) : undefined
  const [, verb = '', constant, relation, alias, rest = ''] = match
  if (constant !== undefined)
    return step('loop', { op: constant.includes('VALUES') ? 'values' : 'result', nodeType: text })
  const isSubquery = /^(?:SUBQUERY \d+|\()/.test(relation ?? '') || made.has(relation ?? '')
  return step('loop', {
    nodeType: verb,
    ...indexOf(verb, rest),
    ...(isSubquery ? { op: 'subquery-scan', source: relation } : { relation }),
    alias,
    joinType: joinTypeOf(rest),
  })
}

function indexOf(verb: string, rest: string): Partial<PlanDraft> {
  const using =
    /\bUSING\s+(?:(INTEGER PRIMARY KEY|PRIMARY KEY)|(AUTOMATIC\s+)?(?:PARTIAL\s+)?(COVERING\s+)?INDEX\s*(?!\()(\S+)?)\s*(?:\((.*)\))?/s.exec(
      rest,
    )
  if (using === null) return { op: /VIRTUAL TABLE/.test(rest) ? 'function-scan' : 'seq-scan' }
  const [, primary, automatic, covering, index, condition] = using
  const columns = [...(condition ?? '').matchAll(/([^\s()]+?)\s*(?:=|<=|>=|<|>|\bIN\b|\bIS\b|\bLIKE\b)\s*\?/g)]
  return {
    op: automatic === undefined ? opOf(verb, condition) : 'automatic-index',
    index: index ?? undefined,
    covering: covering === undefined ? undefined : true,
    indexCond: condition === undefined || condition === '' ? undefined : condition,
    keyParts: columns.length === 0 ? undefined : [...new Set(columns.map(([, column]) => column as string))],
    notes: automatic !== undefined ? ['automatic index'] : primary !== undefined ? [primary.toLowerCase()] : undefined,
  } as Partial<PlanDraft>
}

function opOf(verb: string, condition: string | undefined): Op {
  if (verb === 'SCAN') return 'index-full-scan'
  return /[<>]/.test(condition ?? '') ? 'index-range-scan' : 'index-lookup'
}

function joinTypeOf(rest: string): PlanNode['joinType'] {
  if (/\bLEFT-JOIN\b/.test(rest)) return 'left'
  return /\bEXISTS\b/.test(rest) ? 'semi' : undefined
}

function bloomFilterOf(text: string): SqliteStep {
  const [, relation, condition] = /^BLOOM FILTER ON (\S+)\s*(?:\((.*)\))?/s.exec(text) ?? []
  return step('aside', { op: 'bloom-filter', nodeType: text.split(' ON ')[0], relation, indexCond: condition })
}

function subqueryOf(text: string): SqliteStep | undefined {
  const match = /^(?:EXECUTE\s+)?(REUSE\s+)?(CORRELATED\s+)?(SCALAR|LIST|EXISTS)?\s*SUBQUERY\s*(\d*)$/.exec(text)
  if (match === null) return undefined
  const [, , correlated, kind] = match
  const isList = kind === 'LIST'
  const parentRelationship = correlated === undefined && !isList ? 'initplan' : 'subplan'
  return step('subquery', {
    op: isList ? 'materialize' : 'result',
    nodeType: text,
    subplanName: text,
    parentRelationship,
    correlated: correlated === undefined ? undefined : true,
    hashed: isList && correlated === undefined ? true : undefined,
  })
}

function sortOf(text: string): SqliteStep | undefined {
  const [, what] = /^USE TEMP B-TREE FOR (.*)$/.exec(text) ?? []
  if (what === undefined) return undefined
  const op: Op = /ORDER BY/.test(what)
    ? 'sort'
    : /GROUP BY/.test(what)
      ? 'group'
      : /DISTINCT/.test(what)
        ? 'distinct'
        : 'temp-table'
  return step('sort', { op, nodeType: text, notes: ['temporary b-tree'] })
}

function makingOf(text: string): SqliteStep | undefined {
  const source = sourceOf(text)
  if (source === undefined) return undefined
  const isKept = text.startsWith('MATERIALIZE')
  return step('source', {
    op: isKept ? 'materialize' : 'subquery-scan',
    nodeType: isKept ? 'MATERIALIZE' : 'CO-ROUTINE',
    source,
  })
}

/** Name of the CTE, view or subquery that a row makes for others to read. */
export function sourceOf(text: string): string | undefined {
  return /^(?:MATERIALIZE|CO-ROUTINE)\s+(.+)$/.exec(text.trim())?.[1]
}

function compoundOf(text: string): SqliteStep | undefined {
  if (text === 'MULTI-INDEX OR') return step('members', { op: 'index-merge', nodeType: text })
  if (text === 'COMPOUND QUERY' || /^MERGE \(/.test(text)) return step('members', { op: 'union', nodeType: text })
  if (/^(?:SETUP|RECURSIVE STEP)$/.test(text)) return step('step', { op: 'result', nodeType: text })
  if (/^(?:INDEX \d+|LEFT-MOST SUBQUERY|LEFT|RIGHT)$/.test(text))
    return step('heading', { op: 'result', nodeType: text })
  if (/^(?:UNION|UNION ALL|EXCEPT|INTERSECT)\b/.test(text))
    return step('loop', { op: /TEMP B-TREE/.test(text) ? 'distinct' : 'append', nodeType: text })
  return undefined
}

type Drafted = { readonly [Key in keyof PlanDraft]?: PlanDraft[Key] | undefined }

function step(role: SqliteStep['role'], { op = 'other', nodeType = '', ...fields }: Drafted): SqliteStep {
  return { role, draft: { op, nodeType, children: [], ...(defined(fields) as Partial<PlanDraft>) } }
}
