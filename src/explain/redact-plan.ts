import { dialectOf } from '../model/engine-dialect.ts'
import type { Engine, Plan, PlanNode } from '../model/plan.ts'
import { redactLiterals } from '../sql/redact.ts'
import { defined } from './plan-fields.ts'

/**
 * The plan with `?` for the literals of its texts: conditions, keys, output, labels that are not known, and what the
 * server said beside it. References to subplans stay (`SubPlan 1`, `select #2`), and so do numbers of rows, of LIMIT too.
 */
export function redactPlan(plan: Plan): Plan {
  return {
    ...plan,
    root: redactNode(plan.root, plan.engine),
    warnings: plan.warnings.map(({ code, message }) => ({ code, message: redactMessage(message, plan.engine) })),
  }
}

function redactNode(node: PlanNode, engine: Engine): PlanNode {
  const redact = (text: string | undefined) => (text === undefined ? undefined : redactCondition(text, engine))
  const redactAll = (texts: readonly string[] | undefined) => texts?.map((text) => redactCondition(text, engine))
  return {
    ...node,
    nodeType: node.op === 'other' || isQuoted(node.nodeType) ? redactCondition(node.nodeType, engine) : node.nodeType,
    ...defined({
      indexCond: redact(node.indexCond),
      recheckCond: redact(node.recheckCond),
      filter: redact(node.filter),
      joinCond: redact(node.joinCond),
      joinFilter: redact(node.joinFilter),
      sortKey: redactAll(node.sortKey),
      groupKey: redactAll(node.groupKey),
      output: redactAll(node.output),
      keyRefs: redactAll(node.keyRefs),
      subplanName: isQuoted(node.subplanName) ? redact(node.subplanName) : node.subplanName,
      source: isQuoted(node.source) ? redact(node.source) : node.source,
      notes: node.notes?.map((note) =>
        isQuoted(note) || /^presorted by/.test(note) ? redactCondition(note, engine) : note,
      ),
    }),
    children: node.children.map((child) => redactNode(child, engine)),
  }
}

function isQuoted(text = ''): boolean {
  return /['"]/.test(text)
}

/** `SubPlan 1` is no literal, and `#` begins a comment in MySQL. */
const reference = /\b(?:(?:SubPlan|InitPlan|AlternativeSubPlan|CTE) \d+|(?:select|subquery) ?#\d+)/iy

/** What a pattern stands behind: `~~` and `~~*` are LIKE and ILIKE. */
const beforePattern = /(?:~~\*?|\bi?like|\bglob)\s*$/i

/** A pattern that begins with a wildcard, of which no more is told. */
const openPattern = "'%?'"

/**
 * A condition as an engine prints it, with `?` for its literals. Of a pattern it is told that it begins with a wildcard,
 * since no index sorted by the column can then be searched: `'%?'`. What does not end as it should, such as a text in which
 * a quote is missing, becomes `?` as a whole: it is not known where its literals are.
 */
export function redactCondition(condition: string, engine: Engine): string {
  const dialect = dialectOf[engine]
  const { text, references, isOpen } = setAside(condition, dialect === 'mysql')
  if (isOpen) return '?'
  return redactLiterals(text, dialect).replace(/\bnonplus_ref_(\d+)_( \?)?/g, (word, number: string, literal = '') => {
    const found = references[Number(number)]
    if (found === openPattern) return literal === '' ? '?' : openPattern
    return found === undefined ? word : found + literal
  })
}

/**
 * Puts a word in place of each reference outside of quotes. Were quotes to be understood otherwise when literals are
 * replaced, the word would be replaced with them.
 */
function setAside(condition: string, hasEscapes: boolean): { text: string; references: string[]; isOpen: boolean } {
  const references: string[] = []
  let text = ''
  let quote = ''
  for (let at = 0; at < condition.length; at++) {
    const char = condition[at] as string
    if (quote !== '') {
      if (hasEscapes && char === '\\' && quote !== '`') text += char + (condition[++at] ?? '')
      else {
        text += char
        if (char === quote) quote = ''
      }
      continue
    }
    reference.lastIndex = at
    const [found] = reference.exec(condition) ?? []
    if (found !== undefined) {
      text += `nonplus_ref_${references.length}_`
      references.push(found)
      at += found.length - 1
      continue
    }
    if (char === "'" && /[%_*[]/.test(condition[at + 1] ?? '') && beforePattern.test(text)) {
      text += `nonplus_ref_${references.length}_ `
      references.push(openPattern)
    }
    if (char === "'" || char === '"' || char === '`') quote = char
    text += char
  }
  return { text, references, isOpen: quote !== '' }
}

/** Names in the messages that detectors read stand in the quotes of literals. */
const named = /^Cannot use (?:\w+|range) access on index '[^']*' due to type or collation conversion on field '[^']*'$/

function redactMessage(message: string, engine: Engine): string {
  return named.test(message) ? message : redactCondition(message, engine)
}
