import type { Op, PlanNode } from '../model/plan.ts'
import type { PlanDraft } from './plan-draft.ts'
import { defined } from './plan-fields.ts'
import { splitList } from './split-list.ts'

type Parts = Omit<PlanDraft, 'children'>

/**
 * Reads the words in which MySQL says what a step does, the same in TREE and in version 2 of JSON:
 * `Covering index lookup on o using customer_id (customer_id = c.id)`. What is not known is `other`, with all its words.
 */
export function mysqlOperation(label: string): Parts {
  const text = label.trim()
  return accessOf(text) ?? joinOf(text) ?? workOf(text) ?? { op: 'other', nodeType: text }
}

const access =
  /^((?:Multi-range |Single-row )?(?:[Cc]overing )?(?:(?:Table|Sample|Index|index) (?:range )?scan|[Ii]ndex lookup|[Ii]ndex skip scan(?: for \w+)?|[Ii]ndex distance scan)|Full-text (?:covering )?index search|Constant row|Scan new records|Intersect rows|Count rows) (?:on|from|in) (.+?)(?: using (\S+))?(?: (over .*|\(.*))?$/s

function accessOf(text: string): Parts | undefined {
  const [whole, ...suffixes] = cutSuffixes(text)
  const match = access.exec(whole as string)
  if (match === null) return undefined
  const [, verb = '', name = '', index, condition] = match
  const isMade = name.startsWith('<') || verb === 'Scan new records'
  const indexCond = condition?.replace(/^over /, '')
  return {
    op: accessOp(verb.toLowerCase()),
    nodeType: verb,
    ...defined({
      relation: isMade ? undefined : name,
      source: isMade ? name : undefined,
      index,
      indexCond,
      keyParts: indexCond === undefined ? undefined : namesIn(indexCond),
      covering: /covering|skip scan/i.test(verb) ? true : undefined,
      scanDirection: suffixes.includes('(reverse)') ? ('backward' as const) : undefined,
      recheckCond: suffixes
        .map((suffix) => /^, with index condition: (.*)$/s.exec(suffix)?.[1])
        .find((c) => c !== undefined),
      notes: suffixes.includes('(re-planned for each iteration)') ? ['range checked for each record'] : undefined,
    }),
  }
}

/** What may stand behind an access, in any number. */
function cutSuffixes(text: string): string[] {
  const suffixes: string[] = []
  let rest = text
  for (;;) {
    const [, suffix] = /(\(reverse\)|\(re-planned for each iteration\)|, with index condition: .*)$/s.exec(rest) ?? []
    if (suffix === undefined) return [rest.trimEnd(), ...suffixes]
    suffixes.push(suffix)
    rest = rest.slice(0, -suffix.length).trimEnd()
  }
}

function accessOp(verb: string): Op {
  if (verb.includes('range scan') || verb.includes('skip scan')) return 'index-range-scan'
  if (verb.includes('lookup') || verb.includes('search')) return 'index-lookup'
  if (verb.includes('index scan') || verb.includes('distance')) return 'index-full-scan'
  if (verb === 'constant row') return 'const'
  if (verb === 'count rows') return 'aggregate'
  return verb === 'scan new records' ? 'cte-scan' : 'seq-scan'
}

/** Columns in a lookup or a range: `(customer_id = c.id)`, `(50000 < id)`, `('a' <= status <= 'b' AND total = 1)`. */
function namesIn(condition: string): string[] | undefined {
  const bare = condition.replace(/'(?:[^'\\]|\\.|'')*'/gs, "''")
  const compared = [...bare.matchAll(/(^|[(,\s])(`[^`]+`|[A-Za-z_][\w$]*)(?=\s*(?:<=>|[<>=]|IS\b|LIKE\b|$|\)))/g)]
  const names = compared
    .map(([, , name = '']) => name.replaceAll('`', ''))
    .filter((name) => !/^(?:NULL|AND|OR|NOT|true|false)$/i.test(name))
  return names.length === 0 ? undefined : [...new Set(names)]
}

const joinTypes: Readonly<Record<string, NonNullable<PlanNode['joinType']>>> = {
  inner: 'inner',
  left: 'left',
  semi: 'semi',
  anti: 'anti',
  full: 'full',
}

function joinOf(text: string): Parts | undefined {
  const match =
    /^(?:(Nested loop|Batched key access) )?(?:(inner|left|full) |(semi|anti))?(hash )?(?:join|(semi|anti)join)(?: with duplicate removal)?\b\s*(.*)$/is.exec(
      text.replace(/^Hash (semi|anti)join/i, 'hash $1join'),
    )
  if (match === null) return undefined
  const [whole, nested, outer, half, hash, half2, rest = ''] = match
  if (nested === undefined && hash === undefined) return undefined
  const [, condition, extra] = /^\((.*?)\)(?:, extra conditions: (.*))?$/s.exec(rest) ?? []
  const kind = (outer ?? half ?? half2 ?? 'inner').toLowerCase()
  return {
    op: hash === undefined ? 'nested-loop' : 'hash-join',
    nodeType: whole.slice(0, whole.length - rest.length).trim(),
    ...defined({
      joinType: joinTypes[kind],
      joinCond: condition === 'no condition' ? undefined : condition && `(${condition})`,
      joinFilter: extra,
      notes: condition === 'no condition' ? ['no condition'] : undefined,
    }),
  }
}

const work: readonly (readonly [RegExp, Op, (detail: string, words: string) => Partial<Parts>])[] = [
  [/^(Filter): (.*)$/s, 'filter', (filter) => ({ filter })],
  [/^(Sort(?: row IDs)?(?: with duplicate removal)?): (.*)$/s, 'sort', sortOf],
  [/^(Limit(?:\/Offset)?): (.*)$/s, 'limit', limitOf],
  [/^(Group aggregate(?: with rollup)?)(?:: (.*))?$/s, 'aggregate', () => ({ strategy: 'sorted' })],
  [/^(Group) \(no aggregates\)(.*)$/s, 'group', () => ({ strategy: 'sorted' })],
  [/^(Aggregate using temporary table)(.*)$/s, 'aggregate', () => ({ strategy: 'hashed', notes: ['temporary table'] })],
  [/^(Aggregate)(?:: (.*))?$/s, 'aggregate', () => ({ strategy: 'plain' })],
  [/^(Window (?:multi-pass )?aggregate[\w ]*)(?:: (.*))?$/s, 'window', windowOf],
  [/^(Temporary table)(.*)$/s, 'temp-table', (rest) => ({ notes: [`temporary table${rest}`] })],
  [/^((?:Union|Union all|Intersect|Except) materialize)(.*)$/s, 'union', () => ({ notes: ['temporary table'] })],
  [/^(Materialize)( .*)?$/s, 'materialize', materializeOf],
  [/^(Append)(.*)$/s, 'append', () => ({})],
  [/^(Hash)()$/, 'hash', () => ({})],
  [/^(Stream results|Invalidate materialized tables.*|Repeat until convergence)(.*)$/s, 'result', () => ({})],
  [/^(Rows fetched before execution|Zero (?:input )?rows) ?(.*)$/s, 'result', resultOf],
  [/^((?:Insert|Replace) into|Update|Delete from) (.*)$/s, 'modify-table', changeOf],
  [/^(Remove duplicates? .*|Deduplicate .*|Sort-deduplicate .*)()$/s, 'distinct', () => ({})],
]

function workOf(text: string): Parts | undefined {
  for (const [pattern, op, partsOf] of work) {
    const match = pattern.exec(text)
    if (match === null) continue
    const [, words = '', detail = ''] = match
    return { op, nodeType: words.trim(), ...partsOf(detail, words) }
  }
  return undefined
}

function sortOf(detail: string, words: string): Partial<Parts> {
  const keys = detail.replace(/, limit input to \d+ row\(s\) per chunk$/, '')
  const notes = ['filesort', ...(words.includes('duplicate removal') ? ['duplicate removal'] : [])]
  return { ...defined({ sortKey: splitList(keys) }), notes }
}

function limitOf(detail: string): Partial<Parts> {
  const [, count, offset] = /^(\d+)(?:\/(\d+))? row\(s\)/.exec(detail) ?? []
  if (count === undefined) return {}
  return { limit: { count: Number(count), ...(offset === undefined ? {} : { offset: Number(offset) }) } }
}

function windowOf(detail: string): Partial<Parts> {
  return detail === '' ? {} : { output: [detail.trim()] }
}

function materializeOf(detail: string): Partial<Parts> {
  const [, source] = /\bCTE (\S+)/.exec(detail) ?? []
  const note = detail.replace(/\bCTE \S+/, '').trim()
  return defined({ source, notes: note === '' ? undefined : [note] })
}

function resultOf(detail: string): Partial<Parts> {
  return detail === '' ? {} : { notes: [detail.replace(/^\(|\)$/g, '')] }
}

function changeOf(detail: string, words: string): Partial<Parts> {
  const [operation = ''] = words.toLowerCase().split(' ')
  return { operation, relation: detail.replace(/ \((?:immediate|buffered)\).*$/s, '').split(', ')[0] as string }
}
