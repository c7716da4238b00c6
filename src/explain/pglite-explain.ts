import type { SideRow } from '../model/side-connection.ts'
import { parameterText } from './parameter-text.ts'
import type { PgliteDatabase } from './pglite-server.ts'
import { isGeneric } from './postgres-transaction.ts'
import type { ExplainRequest } from './request.ts'

/** Plans a statement in PGlite, for its values or, where these are not known, for any. */
export function explainText(
  database: PgliteDatabase,
  { text, values }: ExplainRequest,
  options: string,
): Promise<readonly SideRow[]> {
  if (values === undefined && isGeneric(text)) return database.exec(`explain (${options}, generic_plan) ${text}`)
  return database.query(`explain (${options}) ${text}`, (values ?? []).map(parameterText))
}
