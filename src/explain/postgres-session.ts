import * as T from '../sql/tokenizer.ts'
import { type SessionPart, sessionParts, unknownSession } from './session-parts.ts'
import { countStatements } from './statement-count.ts'

/** Settings of ours, or that say nothing about a plan. */
const left =
  /^(transaction_|default_transaction_|statement_timeout|lock_timeout|idle_|client_min_messages|application_name|log_|client_encoding|session_replication_role|extra_float_digits)/

/**
 * Statements that give a transaction the state that the application's connection had: each SET becomes SET LOCAL, each
 * set_config a local one, so that the end of the transaction ends them.
 *
 * @throws Refused `session-unknown` for anything that is not a plain SET, RESET or set_config with literals.
 */
export function replayOf(session: readonly string[]): readonly string[] {
  const replay = new Map<string, string>()
  for (const text of session) {
    const step = stepOf(text)
    if (step.name === undefined) {
      if (step.clears) replay.clear()
    } else if (step.statement === undefined) replay.delete(step.name)
    else {
      replay.delete(step.name)
      replay.set(step.name, step.statement)
    }
  }
  return [...replay.values()]
}

interface Step {
  readonly name?: string
  readonly statement?: string
  readonly clears?: boolean
}

function stepOf(text: string): Step {
  const parts = sessionParts(text, 'postgresql')
  const words = parts.map(({ word }) => word)
  if (countStatements(text, 'postgresql') > 1) throw unknownSession()
  if (words[0] === 'set') return setOf(parts.slice(1))
  if (words[0] === 'reset' && words[1] === 'all' && parts.length === 2) return { clears: true }
  if (words[0] === 'reset' && parts.length >= 2) return { name: words.slice(1).join('') }
  if (words[0] === 'discard') return words[1] === 'all' ? { clears: true } : {}
  if (words[0] === 'select') return configOf(parts)
  throw unknownSession()
}

function setOf(parts: readonly SessionPart[]): Step {
  const scope = parts[0]?.word
  const rest = scope === 'local' || (scope === 'session' && parts[1]?.word !== 'authorization') ? parts.slice(1) : parts
  const [first, second] = rest.map(({ word }) => word)
  if (first === 'transaction' || first === 'constraints' || first === 'characteristics') return {}
  if (first === 'time' && second === 'zone') return assignment('timezone', ['time', 'zone'], rest.slice(2))
  if (first === 'names') return {}
  if (first === 'session' && second === 'authorization')
    return assignment('session authorization', [first, second], rest.slice(2))
  if (first === 'role' || first === 'schema') return assignment(first, [first], rest.slice(1))
  const equals = rest.findIndex(({ raw, word }) => raw === '=' || word === 'to')
  const name = rest.slice(0, equals)
  if (equals < 1 || !name.every(({ type }) => type === T.WORD || type === T.QUOTED_NAME || type === T.DOT))
    throw unknownSession()
  const written = name.map(({ raw }) => raw).join('')
  return assignment(written.toLowerCase(), [written, '='], rest.slice(equals + 1))
}

const literal = new Set<T.TokenType>([T.STRING, T.NUMBER, T.WORD, T.QUOTED_NAME, T.COMMA])

function assignment(name: string, head: readonly string[], value: readonly SessionPart[]): Step {
  if (left.test(name)) return {}
  const isPlain = value.length > 0 && value.every(({ type, raw }) => literal.has(type) || raw === '-' || raw === '+')
  if (!isPlain) throw unknownSession()
  const statement = ['set local', ...head, ...value.map(({ raw }) => raw)].join(' ')
  return { name: name === 'schema' ? 'search_path' : name, statement }
}

/** `select set_config('app.tenant', '7', false)`, and nothing else. */
function configOf(parts: readonly SessionPart[]): Step {
  const rest = parts[1]?.word === 'pg_catalog' ? parts.slice(3) : parts.slice(1)
  const shape = rest.map(({ type, word, raw }) => (type === T.STRING ? 's' : type === T.WORD ? word : raw)).join(' ')
  if (!/^set_config \( s , s , (true|false) \)( as \w+| \w+)?$/.test(shape)) throw unknownSession()
  const [name, value] = rest.filter(({ type }) => type === T.STRING).map(({ raw }) => raw) as [string, string]
  const setting = name.slice(1, -1).toLowerCase()
  if (left.test(setting)) return {}
  return { name: setting, statement: `select pg_catalog.set_config(${name}, ${value}, true)` }
}
