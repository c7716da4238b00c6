import { NonplusError } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import { isSameTable, matchesPattern } from './query-filter.ts'

/**
 * What is tolerated: the name of a table that the statement reads, the identity of a finding (`n-plus-one:1f0c…`, as
 * reports have it), or a pattern for the statement.
 */
export type Allowance = string | RegExp

/** @throws NonplusError ERR_OPTION_INVALID */
export function checkAllowances(allow: unknown, call: string): void {
  const isRight =
    allow === undefined ||
    (Array.isArray(allow) && allow.every((one) => one instanceof RegExp || (typeof one === 'string' && one !== '')))
  if (isRight) return
  const message = `\`allow\` of ${call} must be a list of tables, identities or regular expressions, but got: ${String(allow)}.`
  throw new NonplusError('ERR_OPTION_INVALID', message)
}

/** Whether a finding is tolerated. */
export function isAllowed({ identity, statement }: Finding, allow: readonly Allowance[] = []): boolean {
  return allow.some((one) =>
    typeof one === 'string'
      ? one === identity || statement.tables.some((table) => isSameTable(table, one))
      : matchesPattern(statement, one),
  )
}
