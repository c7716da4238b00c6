import type { SideConnection } from '../model/side-connection.ts'
import * as T from '../sql/tokenizer.ts'
import { Refused, refuse } from './refusals.ts'
import type { ExplainRequest } from './request.ts'

/** Modes that stand for several others, double quotes around names among them; the server sets these again by itself. */
const bundles = /(^|,)(ORACLE|MSSQL|DB2|POSTGRESQL|MAXDB)(,|$)/

/**
 * Runs something where texts are read as nonplus reads them. With ANSI_QUOTES that is another sql_mode and a text with
 * backquotes, because MariaDB prints JSON that is none under it.
 *
 * @throws {Refused} where the ends of strings are not known: with NO_BACKSLASH_ESCAPES, for texts and values in which a
 *   backslash may stand.
 */
export async function inKnownMode<Result>(
  connection: SideConnection,
  request: ExplainRequest,
  inside: (request: ExplainRequest) => Promise<Result>,
): Promise<Result> {
  const { text, values = [] } = request
  const [row] = await connection.query('SELECT @@session.sql_mode AS mode')
  const mode = String(row?.mode ?? '')
  const mayEscape = text.includes('\\') || values.some((value) => typeof value !== 'number' && value !== null)
  if (mode.includes('NO_BACKSLASH_ESCAPES') && mayEscape) {
    throw new Refused(refuse('not-explainable', 'NO_BACKSLASH_ESCAPES is set'))
  }
  if (!mode.includes('ANSI_QUOTES')) return inside(request)
  if (bundles.test(mode)) throw new Refused(refuse('session-unknown', 'sql_mode'))
  const rest = mode.split(',').filter((name) => name !== 'ANSI_QUOTES' && name !== 'ANSI')
  await connection.query('SET SESSION sql_mode = ?', [rest.join(',')])
  try {
    return await inside({ ...request, text: withBackquotes(text) })
  } finally {
    await connection.query('SET SESSION sql_mode = ?', [mode])
  }
}

/** `"name"` as `` `name` ``. */
function withBackquotes(text: string): string {
  const tokens = new T.Tokenizer(text, 'mysql')
  let written = ''
  let copied = 0
  while (tokens.next()) {
    if (tokens.codes[tokens.start] !== 34) continue
    const name = tokens
      .textOf(tokens.start + 1, tokens.end - 1)
      .replaceAll('""', '"')
      .replaceAll('`', '``')
    written += `${tokens.textOf(copied, tokens.start)}\`${name}\``
    copied = tokens.end
  }
  return written + tokens.textOf(copied, tokens.length)
}
