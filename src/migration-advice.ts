import { migrationFor } from './explain/migration.ts'
import type { Finding } from './model/finding.ts'
import type { Trace } from './model/trace.ts'

/** Adds to a finding whose index was tried the migration that makes it, of the ORM that sent its statement. */
export function withMigration(finding: Finding, { executions }: Trace): Finding {
  if (!('plan' in finding) || finding.plan.verified === undefined || finding.advice.migration !== undefined)
    return finding
  const ids = new Set(finding.executions)
  const orm = executions.find((execution) => ids.has(execution.id) && execution.orm !== undefined)?.orm
  const migration = orm === undefined ? undefined : migrationFor(finding.plan.verified, orm)
  return migration === undefined ? finding : { ...finding, advice: { ...finding.advice, migration } }
}
