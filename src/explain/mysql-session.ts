import type { SideConnection } from '../model/side-connection.ts'
import * as T from '../sql/tokenizer.ts'
import { refusalOf } from './driver-error.ts'
import { Refused, refuse } from './refusals.ts'
import { type SessionPart, sessionParts, unknownSession } from './session-parts.ts'
import { countStatements } from './statement-count.ts'

/** Settings of ours, or that say nothing about a plan. */
const left =
  /^(autocommit|tx_|transaction_|wait_timeout|interactive_timeout|net_|max_execution_time|max_statement_time|innodb_lock_wait_timeout|lock_wait_timeout|sql_log_|foreign_key_checks|unique_checks|insert_id|last_insert_id|profiling|sql_notes|sql_safe_updates|completion_type)/

/** Character sets in which no second byte of a letter is a backslash or a quote. */
const plainSets = /^(utf8|utf8mb3|utf8mb4|latin1|ascii|binary|default)$/

const setting = /^[a-z_][a-z0-9_]*$/

/**
 * Gives a connection the state that the application's had, runs something, and gives the connection its own state back.
 *
 * @throws Refused `session-unknown` for anything but USE, SET NAMES, and SET of system variables to literals.
 */
export async function withSession<Result>(
  connection: SideConnection,
  session: readonly string[],
  inside: () => Promise<Result>,
): Promise<Result> {
  const steps = session.flatMap(stepsOf)
  const undo: (readonly [text: string, value: unknown])[] = []
  try {
    for (const step of steps) {
      const back = await replayed(connection, step)
      if (back !== undefined) undo.unshift(back)
    }
    return await inside()
  } finally {
    for (const [text, value] of undo) await connection.query(text, [value]).catch(() => undefined)
  }
}

interface Step {
  /** `use`, `names`, or the name of the variable. */
  readonly name: string
  readonly text: string
}

/** @returns what gives the connection its own state back. */
async function replayed(connection: SideConnection, step: Step): Promise<readonly [string, unknown] | undefined> {
  try {
    const back = await undoOf(connection, step)
    await connection.query(step.text)
    return back
  } catch (error) {
    const refusal = refusalOf(error)
    throw new Refused(refusal.code === 'connection-failed' ? refusal : refuse('session-unknown'))
  }
}

async function undoOf(connection: SideConnection, { name }: Step): Promise<readonly [string, unknown] | undefined> {
  const reads = name === 'use' ? 'DATABASE()' : name === 'names' ? '@@collation_connection' : `@@session.${name}`
  const [row] = await connection.query(`SELECT ${reads} AS value`)
  const value = row?.value ?? null
  // a connection without a database cannot have none again
  if (name === 'use') return value === null ? undefined : ['USE ??', value]
  if (name === 'names') return ['SET @@collation_connection = ?', value]
  return [`SET SESSION ${name} = ?`, value]
}

function stepsOf(text: string): readonly Step[] {
  const parts = sessionParts(text, 'mysql')
  const [first, second] = parts
  if (countStatements(text, 'mysql') > 1 || first === undefined || second === undefined) throw unknownSession()
  if (first.word === 'use' && parts.length === 2) return [{ name: 'use', text: `USE ${second.raw}` }]
  if (first.word !== 'set') throw unknownSession()
  if (/^(transaction|global|password|persist|persist_only)$/.test(second.word)) return []
  if (second.word === 'session' && parts[2]?.word === 'transaction') return []
  if (second.word === 'names' || second.word === 'charset') return namesOf(parts.slice(2))
  if (second.word === 'character' && parts[2]?.word === 'set') return namesOf(parts.slice(3))
  return assignmentsOf(parts.slice(1))
}

function namesOf(value: readonly SessionPart[]): readonly Step[] {
  const [set, collate, collation] = value
  const name = set?.raw.replaceAll(/['"]/g, '').toLowerCase() ?? ''
  if (!plainSets.test(name)) throw unknownSession()
  if (collate === undefined) return [{ name: 'names', text: `SET NAMES ${set?.raw}` }]
  if (collate.word !== 'collate' || collation === undefined || value.length > 3) throw unknownSession()
  return [{ name: 'names', text: `SET NAMES ${set?.raw} COLLATE ${collation.raw}` }]
}

function assignmentsOf(parts: readonly SessionPart[]): readonly Step[] {
  const steps: Step[] = []
  for (const group of splitAtCommas(parts)) {
    const rest = /^(session|local)$/.test(group[0]?.word ?? '') ? group.slice(1) : group
    const equals = rest.findIndex(({ raw }) => raw === '=' || raw === ':=')
    const written = rest
      .slice(0, equals)
      .map(({ raw }) => raw.toLowerCase())
      .join('')
    // variables of the user's own are no settings: a statement that reads them is refused for itself
    if (written.startsWith('@') && !written.startsWith('@@')) continue
    if (/^@@global\./.test(written) || group[0]?.word === 'global') continue
    const name = written.replace(/^@@((session|local)\.)?/, '')
    const value = rest.slice(equals + 1)
    if (equals < 1 || !setting.test(name) || !isLiteral(value)) throw unknownSession()
    if (/^character_set|^collation/.test(name) && !/^['"]?(utf8|latin1|ascii|binary)/i.test(value[0]?.raw ?? ''))
      throw unknownSession()
    if (!left.test(name)) steps.push({ name, text: `SET SESSION ${name} = ${value.map(({ raw }) => raw).join(' ')}` })
  }
  return steps
}

function isLiteral(value: readonly SessionPart[]): boolean {
  const [first, second, ...more] = value
  if (first === undefined || more.length > 0) return false
  if (first.raw === '-' || first.raw === '+') return second?.type === T.NUMBER
  return second === undefined && (first.type === T.STRING || first.type === T.NUMBER || first.type === T.WORD)
}

function splitAtCommas(parts: readonly SessionPart[]): readonly (readonly SessionPart[])[] {
  const groups: SessionPart[][] = [[]]
  for (const part of parts) {
    if (part.type === T.COMMA) groups.push([])
    else groups.at(-1)?.push(part)
  }
  return groups
}
