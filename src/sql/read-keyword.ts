import { enterClause } from './clause-frame.ts'
import { keywordFlags, RESERVED } from './keywords.ts'
import { isVerb, readVerb } from './read-verb.ts'
import type { Reading } from './reading.ts'

const wordOperators: ReadonlySet<string> = new Set([
  'like',
  'ilike',
  'rlike',
  'regexp',
  'glob',
  'similar',
  'between',
  'in',
  'match',
])

/** Handles a keyword; false where it is a name in this place. */
export function readKeyword(reading: Reading, word: string, id: number): boolean {
  const { frame, slots } = reading
  if (word !== 'in' && word !== 'row') reading.rows = 'none'
  if (wordOperators.has(word)) {
    readWordOperator(reading, word)
    return true
  }
  if (isVerb(word) && readVerb(reading, word)) return true
  switch (word) {
    case 'with':
      if (!frame.hasVerb) frame.inWith = true
      break
    case 'recursive':
      frame.isRecursive = frame.inWith
      if (!frame.inWith) return false
      break
    case 'from':
      if (reading.word === 'distinct' && (reading.wordBefore === 'is' || reading.wordBefore === 'not')) {
        slots.compareWith(reading.wordBefore === 'is' ? 'is distinct from' : 'is not distinct from')
        return true
      }
      if (reading.kind === 'copy' && reading.isOutermost) reading.writes = true
      if (!frame.hasVerb) break
      frame.clause = 'other'
      frame.expectsTable = frame.inFrom = true
      break
    case 'join':
    case 'straight_join':
      frame.clause = 'other'
      frame.expectsTable = frame.inFrom = true
      break
    case 'using':
      frame.expectsTable = !(reading.nextCode === 40) || reading.head === 'merge'
      frame.clause = 'on'
      break
    case 'into':
      frame.expectsTable = reading.nextCode !== 64
      reading.awaitsColumns = reading.kind === 'insert' || reading.head === 'with'
      if (frame.clause === 'select' && frame.expectsTable && reading.nextCode !== 63) reading.writes = true
      break
    case 'table':
    case 'view':
      reading.actions.qualify(word)
      if (reading.kind === 'ddl' || reading.head === 'lock') frame.expectsTable = true
      else return isReserved(id)
      break
    case 'trigger':
    case 'procedure':
    case 'function':
      if (reading.head !== 'create' && reading.head !== 'alter') return false
      reading.isBody = reading.head === 'create'
      reading.actions.qualify(word)
      break
    case 'where':
      enterClause(frame, 'where')
      break
    case 'on':
      frame.expectsTable = reading.kind === 'ddl' && !frame.inFrom && reading.isOutermost
      frame.clause = 'on'
      break
    case 'conflict':
    case 'duplicate':
      if (reading.word !== 'on') return false
      frame.clause = 'other'
      break
    case 'having':
      enterClause(frame, 'having')
      break
    case 'order':
      enterClause(frame, 'order')
      break
    case 'group':
      enterClause(frame, 'other')
      break
    case 'limit':
    case 'fetch':
    case 'top':
      if (word === 'top' && reading.word !== 'select' && reading.word !== 'distinct') return false
      if (word === 'fetch' && reading.head === 'fetch') break
      enterClause(frame, 'limit')
      break
    case 'offset':
      enterClause(frame, 'offset')
      break
    case 'set':
      enterClause(frame, 'set')
      break
    case 'returning':
      enterClause(frame, 'select')
      break
    case 'union':
    case 'intersect':
    case 'except':
      enterClause(frame, 'other')
      break
    case 'and':
      slots.forget()
      slots.comparison = frame.between
      frame.between = undefined
      return true
    case 'any':
    case 'some':
    case 'all':
      if (slots.comparison !== undefined) return true
      break
    case 'not':
      if (reading.word === 'is') return true
      slots.isNegated = true
      return true
    case 'share':
      if (reading.word === 'for' || reading.word === 'key' || reading.wordBefore === 'lock') reading.writes = true
      return true
    case 'is':
      return true
    case 'to':
      if (reading.word === 'similar') return true
      break
    case 'distinct':
      if (reading.word === 'is' || reading.word === 'not') return true
      break
    case 'row':
    case 'array':
    case 'cast':
    case 'try_cast':
      return reading.nextCode === 40 || word !== 'row'
    default:
      if (!isReserved(id) && word !== 'interval' && word !== 'escape') return false
  }
  slots.forget()
  return true
}

function readWordOperator(reading: Reading, word: string): void {
  const { slots } = reading
  const operator = `${slots.isNegated ? 'not ' : ''}${word}${word === 'similar' ? ' to' : ''}`
  slots.compareWith(operator)
  if (word === 'between') reading.frame.between = slots.comparison
}

function isReserved(id: number): boolean {
  return ((keywordFlags[id] as number) & RESERVED) !== 0
}
