import type { Refusal } from '../model/plan.ts'
import { type RefusalCode, Refused, refuse } from './refusals.ts'

const bySqlState: Readonly<Record<string, RefusalCode>> = {
  '57014': 'timeout',
  '55P03': 'lock-timeout',
  '40P01': 'lock-timeout',
  '42501': 'no-privilege',
  '42P01': 'unknown-table',
  '42703': 'unknown-table',
  '3F000': 'unknown-table',
  '42883': 'unknown-table',
  '42704': 'unknown-table',
  '42P18': 'untypable-parameters',
  '42P08': 'untypable-parameters',
  '08P01': 'unknown-parameters',
  '25006': 'calls-volatile-function',
  '53300': 'connection-failed',
}

const byMysqlNumber: Readonly<Record<number, RefusalCode>> = {
  1205: 'lock-timeout',
  1213: 'lock-timeout',
  3024: 'timeout',
  1969: 'timeout',
  1317: 'timeout',
  1044: 'no-privilege',
  1045: 'connection-failed',
  1142: 'no-privilege',
  1143: 'no-privilege',
  1227: 'no-privilege',
  1345: 'no-privilege',
  1356: 'no-privilege',
  1046: 'unknown-table',
  1049: 'unknown-table',
  1054: 'unknown-table',
  1146: 'unknown-table',
  1305: 'unknown-table',
  1210: 'unknown-parameters',
  1792: 'locks-rows',
  1040: 'connection-failed',
}

/**
 * The refusal that an error of a driver means. The words of the server are left out: they may hold values.
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal
  const { code, errno, sqlState, message } = (error ?? {}) as Record<string, unknown>
  if (typeof errno === 'number' && errno >= 1000 && errno < 5000) {
    return refuse(byMysqlNumber[errno] ?? 'not-explainable', `error ${errno}`)
  }
  const text = typeof code === 'string' ? code : typeof sqlState === 'string' ? sqlState : ''
  if (/^[0-9A-Z]{5}$/.test(text) && /\d/.test(text)) return refuse(postgresCode(text), `SQLSTATE ${text}`)
  if (text === 'ERR_PLAN_UNREADABLE') return refuse('plan-unreadable')
  if (/^SQLITE_/.test(text) || text === 'ERR_SQLITE_ERROR') return sqliteRefusal(String(message))
  if (/Too (few|many) parameter values|column index out of range|named parameter/i.test(String(message))) {
    return refuse('unknown-parameters')
  }
  if (isLost(text, String(message))) return refuse('connection-failed', text === '' ? undefined : text)
  return refuse('not-explainable', text === '' ? undefined : text)
}

function postgresCode(state: string): RefusalCode {
  const known = bySqlState[state]
  if (known !== undefined) return known
  return /^(08|57P|53|58)/.test(state) ? 'connection-failed' : 'not-explainable'
}

function sqliteRefusal(message: string): Refusal {
  if (/no such (table|column|view|function|module|collation)/i.test(message)) return refuse('unknown-table')
  if (/lock|busy/i.test(message)) return refuse('lock-timeout')
  return refuse('not-explainable')
}

function isLost(code: string, message: string): boolean {
  return (
    /^(E[A-Z]+|PROTOCOL_CONNECTION_LOST|CONNECTION_|CONNECT_TIMEOUT|ER_SOCKET|ER_CMD_CONNECTION)/.test(code) ||
    /connection (is )?(terminated|closed|ended|lost)|closed state|not queryable|socket/i.test(message)
  )
}

/** True where the connection is of no use any more. */
export function isConnectionLost(refusal: Refusal): boolean {
  return refusal.code === 'connection-failed'
}
