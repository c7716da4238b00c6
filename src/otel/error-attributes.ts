import type { Attributes } from '@opentelemetry/api'
import type { Dialect } from '../model/statement.ts'

/** What drivers put on their errors. */
interface DriverError {
  readonly code?: unknown
  readonly errno?: unknown
  readonly number?: unknown
  readonly errorNum?: unknown
  readonly errcode?: unknown
  readonly name?: unknown
}

/**
 * Attributes of a statement that failed. `db.response.status_code` is absent where it was not the server that refused it;
 * `error.type` is then the code or the name of the error. Never its message: that quotes values.
 */
export function errorAttributes(error: unknown, dialect: Dialect): Attributes {
  const failure = (typeof error === 'object' && error !== null ? error : {}) as DriverError
  const status = statusOf(failure, dialect)
  const type = status ?? nonEmpty(failure.code) ?? nonEmpty(failure.name) ?? '_OTHER'
  return { ...(status === undefined ? {} : { 'db.response.status_code': status }), 'error.type': type }
}

function statusOf({ code, errno, number, errorNum, errcode }: DriverError, dialect: Dialect): string | undefined {
  switch (dialect) {
    case 'postgresql':
      return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code) ? code : undefined
    case 'mysql':
      // below are the numbers of the operating system
      return typeof errno === 'number' && errno >= 1000 ? String(errno) : undefined
    case 'mssql':
      return typeof number === 'number' ? String(number) : undefined
    case 'oracle':
      return typeof errorNum === 'number' && errorNum > 0 ? `ORA-${String(errorNum).padStart(5, '0')}` : undefined
    case 'sqlite':
      if (typeof code === 'string' && code.startsWith('SQLITE_')) return code
      return typeof errcode === 'number' ? String(errcode) : undefined
  }
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
