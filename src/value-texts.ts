import type { StatementMessage } from './instrument/message.ts'
import type { Finding } from './model/finding.ts'
import { valuesOf } from './sql/values.ts'

/** Executions of a finding whose values are told. */
const MAX_EXECUTIONS = 5

/** Characters of the values of one execution. */
const MAX_CHARACTERS = 80

/**
 * The values of one execution, as SQL would write them: `(7, 'ada')`. The only place where a value becomes a text; asked
 * for by the option `values` alone.
 */
export function valueText({ text, parameters, driver }: StatementMessage): string {
  const values = `(${valuesOf(text, driver.dialect, parameters).map(literal).join(', ')})`
  return values.length <= MAX_CHARACTERS ? values : `${values.slice(0, MAX_CHARACTERS - 2)}…)`
}

/** Findings with the values of their first executions, those that differ. */
export function withValues(findings: readonly Finding[], messages: readonly StatementMessage[]): Finding[] {
  return findings.map((finding) => {
    const texts = new Set<string>()
    for (const id of finding.executions) {
      const message = messages[id]
      if (message !== undefined) texts.add(valueText(message))
      if (texts.size === MAX_EXECUTIONS) break
    }
    return texts.size === 0 ? finding : { ...finding, values: [...texts] }
  })
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'null' : `'${value.toISOString()}'`
  if (value instanceof Uint8Array) return `<${value.length} bytes>`
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
