import { createServer, type IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'

// biome-ignore lint/suspicious/noExplicitAny: JSON of the protocol
type Any = any

const require = createRequire(import.meta.url)
const Database = createRequire(require.resolve('@libsql/client'))('libsql') as Any

/** A peer that speaks as much of libSQL's protocol over HTTP as the client uses, and asks a real database. */
export interface LibsqlServer {
  readonly url: string
  /** Requests it got. */
  readonly requests: () => number
  readonly close: () => void
}

/** Starts one with a database of its own; what it asks the database does not count as sent by the test. */
export async function startLibsqlServer(
  seed: string,
  apart: <Value>(ask: () => Value) => Value,
): Promise<LibsqlServer> {
  const db = apart(() => new Database(':memory:'))
  apart(() => db.exec(seed))
  let requests = 0
  const server = createServer(async (request, response) => {
    requests++
    const { requests: asked } = JSON.parse(await bodyOf(request)) as { requests: Any[] }
    const texts = new Map<number, string>()
    const results = apart(() => asked.map((one) => answer(db, texts, one)))
    response.setHeader('content-type', 'application/json')
    // the stream stays open where the client did not close it
    const baton = asked.at(-1).type === 'close' ? null : 'open'
    response.end(JSON.stringify({ baton, base_url: null, results }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, requests: () => requests, close: () => server.close() }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += chunk
  return body
}

function answer(db: Any, texts: Map<number, string>, { type, stmt, sql, sql_id, batch }: Any): Any {
  try {
    if (type === 'store_sql') texts.set(sql_id, sql)
    if (type === 'sequence') db.exec(sql)
    if (type === 'execute') return ok({ type, result: execute(db, texts, stmt) })
    if (type === 'batch') {
      // the last step of a batch undoes it where one before has failed, which none does here
      const isDue = ({ stmt }: Any): boolean => stmt.sql !== 'ROLLBACK'
      const step_results = batch.steps.map((step: Any) => (isDue(step) ? execute(db, texts, step.stmt) : null))
      return ok({ type, result: { step_results, step_errors: step_results.map(() => null) } })
    }
    return ok({ type })
  } catch (error) {
    const { message, code } = error as { message: string; code: string }
    return { type: 'error', error: { message, code } }
  }
}

function ok(response: Any): Any {
  return { type: 'ok', response }
}

function execute(db: Any, texts: Map<number, string>, { sql, sql_id, args = [], named_args = [] }: Any): Any {
  const statement = db.prepare(sql ?? texts.get(sql_id))
  const values = named_args.length > 0 ? Object.fromEntries(named_args.map(named)) : args.map(boundOf)
  if (!statement.reader) {
    const { changes } = statement.run(values)
    return { cols: [], rows: [], affected_row_count: changes, last_insert_rowid: '0' }
  }
  const cols = statement.columns().map(({ name }: Any) => ({ name, decltype: null }))
  const rows = statement.raw(true).all(values) as unknown[][]
  return { cols, rows: rows.map((row) => row.map(cellOf)), affected_row_count: 0, last_insert_rowid: null }
}

function named({ name, value }: Any): [string, unknown] {
  return [name, boundOf(value)]
}

function boundOf({ type, value }: Any): unknown {
  return type === 'integer' ? Number(value) : (value ?? null)
}

function cellOf(value: unknown): Any {
  if (value === null) return { type: 'null' }
  if (typeof value === 'number') return { type: 'integer', value: String(value) }
  return { type: 'text', value: String(value) }
}
