import { enterClause } from './clause-frame.ts'
import type { Reading } from './reading.ts'
import { kindOf } from './statement-kind.ts'

const verbs: ReadonlySet<string> = new Set([
  'select',
  'insert',
  'replace',
  'upsert',
  'update',
  'delete',
  'merge',
  'values',
  'table',
])

/** True for a word that a query or a change of rows begins with, in WITH and parentheses too. */
export function isVerb(word: string): boolean {
  return verbs.has(word)
}

/** Handles select, insert, update …; false where the word is no verb in this place. */
export function readVerb(reading: Reading, word: string): boolean {
  const { frame, slots } = reading
  if (word === 'values') {
    if (!frame.hasVerb && reading.head === 'values') reading.actions.act(word)
    frame.hasVerb = true
    enterClause(frame, 'values')
    reading.rows = 'values'
    slots.forget()
    return true
  }
  if (word === 'select') {
    reading.actions.act(word)
    frame.hasVerb = true
    frame.inWith = false
    enterClause(frame, 'select')
    slots.forget()
    return true
  }
  if (word === 'update' && (reading.word === 'for' || (reading.word === 'key' && reading.wordBefore === 'no'))) {
    reading.writes = true
    slots.forget()
    return true
  }
  if (frame.hasVerb || reading.kind === 'ddl') {
    if (word === 'update' && reading.word === 'key') enterClause(frame, 'set')
    if (reading.head === 'merge' && reading.word === 'then') {
      reading.awaitsColumns = word === 'insert'
      slots.forget()
      return true
    }
    if (word === 'replace' || word === 'upsert' || word === 'table') return false
    slots.forget()
    return true
  }
  if (word === 'table' && reading.head !== 'table') return false
  reading.actions.act(word)
  writeVerb(reading, word)
  return true
}

function writeVerb(reading: Reading, word: string): void {
  const { frame, slots } = reading
  frame.hasVerb = true
  const isMain = frame.inWith && reading.isOutermost
  frame.inWith = false
  frame.expectsTable = true
  if (word === 'insert' || word === 'replace' || word === 'upsert') reading.awaitsColumns = true
  if (word !== 'table' && (reading.kind !== 'explain' || isAnalyzed(reading.shape))) reading.writes = true
  if (isMain && reading.head === 'with') reading.kind = kindOf(word)
  slots.forget()
}

function isAnalyzed(shape: string): boolean {
  return /\banaly[sz]e\b/.test(shape)
}
