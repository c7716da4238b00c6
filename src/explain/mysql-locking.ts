import * as T from '../sql/tokenizer.ts'

interface Part {
  readonly start: number
  readonly end: number
  readonly type: T.TokenType
  readonly word: string
  readonly depth: number
}

function partsOf(text: string): { readonly parts: readonly Part[]; readonly tokens: T.Tokenizer } {
  const tokens = new T.Tokenizer(text, 'mysql')
  const parts: Part[] = []
  let depth = 0
  while (tokens.next()) {
    if (tokens.type === T.CLOSE) depth--
    const word = tokens.type === T.WORD ? tokens.textOf(tokens.start, tokens.end).toLowerCase() : ''
    parts.push({ start: tokens.start, end: tokens.end, type: tokens.type, word, depth })
    if (tokens.type === T.OPEN) depth++
  }
  return { parts, tokens }
}

/** A SELECT without its locking clauses: planning takes the locks of rows that it reads by a unique key. */
export function withoutLocks(text: string): { readonly text: string; readonly isLocking: boolean } {
  const { parts, tokens } = partsOf(text)
  let written = ''
  let copied = 0
  for (let at = 0; at < parts.length; at++) {
    const end = endOfLock(parts, at)
    if (end === at) continue
    written += tokens.textOf(copied, (parts[at] as Part).start)
    copied = (parts[end - 1] as Part).end
    at = end - 1
  }
  return { text: written + tokens.textOf(copied, tokens.length), isLocking: copied > 0 }
}

/** Where the locking clause that begins at a part ends; the part itself where none does. */
function endOfLock(parts: readonly Part[], at: number): number {
  const word = (index: number): string => parts[index]?.word ?? ''
  let end = at
  if (word(at) === 'for' && /^(update|share)$/.test(word(at + 1))) end = at + 2
  else if (word(at) === 'lock' && word(at + 1) === 'in' && word(at + 2) === 'share' && word(at + 3) === 'mode')
    end = at + 4
  if (end === at) return at
  if (word(end) === 'of') {
    end += 2
    while (parts[end]?.type === T.COMMA || parts[end]?.type === T.DOT) end += 2
  }
  if (word(end) === 'nowait') return end + 1
  if (word(end) === 'skip' && word(end + 1) === 'locked') return end + 2
  return word(end) === 'wait' ? end + 2 : end
}

/**
 * True for an UPDATE or DELETE of more than one table: planning it locks the rows that it reads by a unique key, on MySQL
 * and on MariaDB.
 */
export function changesSeveralTables(text: string): boolean {
  const { parts } = partsOf(text)
  const outer = parts.filter(({ depth }) => depth === 0)
  const verb = outer.findIndex(({ word }) => word === 'update' || word === 'delete')
  if (verb < 0 || /^(insert|replace)$/.test(outer[0]?.word ?? '')) return false
  const stop = outer.findIndex(
    ({ word }, at) => at > verb && (word === 'set' || word === 'where' || word === 'order' || word === 'limit'),
  )
  const tables = outer.slice(verb + 1, stop < 0 ? undefined : stop)
  if (tables.some(({ type, word }) => type === T.COMMA || /^(join|straight_join|using)$/.test(word))) return true
  if (outer[verb]?.word !== 'delete') return false
  const from = tables.findIndex(({ word }) => word === 'from')
  return from < 0 || !tables.slice(0, from).every(({ word }) => /^(low_priority|quick|ignore)$/.test(word))
}

/**
 * True where a change reads by a subquery: MySQL and MariaDB lock what that finds by a unique key while they plan. The SELECT
 * that an INSERT is made of is read without locks.
 */
export function changesBySubquery(text: string): boolean {
  const { parts } = partsOf(text)
  const isInsert = /^(insert|replace)$/.test(parts.find(({ word }) => word !== '')?.word ?? '')
  return parts.some(({ word, depth }) => word === 'select' && (!isInsert || depth > 0))
}
