import { keyword } from './keywords.ts'
import type { Reading } from './reading.ts'
import * as T from './token-type.ts'

const K_FROM = keyword('from')
const writingFunctions: ReadonlySet<string> = new Set([
  'nextval',
  'setval',
  'lo_creat',
  'lo_create',
  'lo_unlink',
  'lo_import',
  'lo_from_bytea',
  'lo_put',
  'dblink_exec',
])
const typesBeforeLiteral: ReadonlySet<string> = new Set(['date', 'time', 'timestamp', 'timestamptz'])
/** MySQL: words between a verb and its table. */
const modifiers: ReadonlySet<string> = new Set(['ignore', 'low_priority', 'delayed', 'high_priority', 'quick'])

/** Reads a name with its parts, moves to the token behind it, and takes it for what its place says; false at the end. */
export function readName(reading: Reading): boolean {
  const { tokens, isMember } = reading
  const isFirstWord = tokens.type === T.WORD
  const parts = [nameText(reading)]
  const lastWord = reading.current
  let more = tokens.next()
  while (more && tokens.type === T.DOT) {
    more = tokens.next()
    if (more && (tokens.type === T.WORD || tokens.type === T.QUOTED_NAME)) {
      parts.push(nameText(reading))
      more = tokens.next()
    } else if (more && tokens.type === T.STAR) {
      more = tokens.next()
    }
  }
  reading.rows = 'none'
  const next = more ? tokens.type : T.END
  placeName(reading, parts, next, isMember)
  reading.isAfterName = true
  reading.passed(isFirstWord ? T.WORD : T.QUOTED_NAME, isFirstWord && parts.length === 1 ? lastWord : '')
  return more
}

function nameText(reading: Reading): string {
  const raw = reading.current
  return reading.tokens.type === T.WORD ? raw : unquoted(raw)
}

function placeName(reading: Reading, parts: string[], next: T.TokenType, isMember: boolean): void {
  const { frame, slots, actions } = reading
  const last = parts[parts.length - 1] as string
  if (reading.kind === 'ddl') actions.qualify(last)
  if (next === T.OPEN ? writingFunctions.has(last) : last === 'nextval') reading.writes = true
  if (
    frame.inWith &&
    !frame.hasVerb &&
    (reading.word === 'with' || reading.word === 'recursive' || (reading.type === T.COMMA && reading.cte === undefined))
  ) {
    reading.cte = last
    if (frame.isRecursive) actions.addCte(last)
    slots.forget()
    return
  }
  if (frame.expectsTable) {
    if (placeTable(reading, parts, next)) return
  } else if (frame.inFrom && reading.dialect === 'mssql' && parts.length === 1) {
    actions.addAlias(last)
  }
  if (next === T.PLACEHOLDER && typesBeforeLiteral.has(last)) return
  if (!isMember || (next !== T.COMMA && next !== T.CLOSE)) frame.names = undefined
  else frame.names?.push(last)
  slots.onName(last, next === T.OPEN, next === T.OPERATOR)
}

/** Takes a name as a table; false where it is a function. */
function placeTable(reading: Reading, parts: readonly string[], next: T.TokenType): boolean {
  const { frame, slots, actions } = reading
  const last = parts[parts.length - 1] as string
  if (reading.kind === 'ddl' && parts.length === 1 && (last === 'if' || last === 'exists' || last === 'concurrently'))
    return true
  if (modifiers.has(last)) return true
  if (reading.word === 'or') return true
  frame.expectsTable = false
  slots.forget()
  if (reading.kind === 'call') {
    actions.addTarget(parts)
    return true
  }
  const isTarget = reading.awaitsColumns || reading.kind === 'ddl' || reading.kind === 'copy'
  if (next === T.OPEN && !isTarget) return false
  const isDeleteAlias = reading.word === 'delete' && (next === T.COMMA || reading.tokens.keyword === K_FROM)
  if (isDeleteAlias) return true
  if (parts.length === 1 && (actions.isCte(last) || last === 'dual')) return true
  actions.addTable(parts)
  if (reading.kind === 'ddl') frame.inFrom = true
  return true
}

function unquoted(raw: string): string {
  const isPrefixed = raw[1] === '&'
  const start = isPrefixed ? 3 : 1
  const closer = raw[start - 1] === '[' ? ']' : (raw[start - 1] as string)
  return raw.slice(start, -1).replaceAll(closer + closer, closer)
}
