import type { SideConnection } from '../../model/side-connection.ts'

/** What a server said of a statement, and where in it. */
export interface SqlError {
  readonly message: string
  /** Of the statement as it was given, from 0. */
  readonly position?: number
}

/**
 * The same connection, which remembers the last error that it met in the statement: refusals leave the words of the server
 * out, since they may hold values; whoever typed the statement may read them.
 */
export function rememberErrors(
  connection: SideConnection,
  text: string,
): { readonly connection: SideConnection; readonly lastError: () => SqlError | undefined } {
  let last: SqlError | undefined
  return {
    connection: {
      ...connection,
      engine: connection.engine,
      serverVersion: connection.serverVersion,
      close: () => connection.close(),
      async query(sent, values) {
        try {
          return await connection.query(sent, values)
        } catch (error) {
          const offset = sent.indexOf(text)
          if (offset !== -1) last = errorOf(error, offset, text)
          throw error
        }
      },
    },
    lastError: () => last,
  }
}

function errorOf(error: unknown, offset: number, text: string): SqlError {
  const { message, sqlMessage, position, text: words } = error as Record<string, unknown>
  const told = [sqlMessage, message, words].find((one): one is string => typeof one === 'string' && one !== '')
  const at = Number(position)
  // PostgreSQL counts characters, from 1
  const found = at > 0 ? indexOfCharacter(text, at - 1 - offset) : nearIn(text, String(told))
  return {
    message: (told ?? 'The server gave no reason.').replace(/^\(conn:\d+, no: \d+, SQLState: \w+\) /, ''),
    ...(found === undefined || found < 0 || found > text.length ? {} : { position: found }),
  }
}

function indexOfCharacter(text: string, characters: number): number | undefined {
  return characters < 0 ? undefined : [...text].slice(0, characters).join('').length
}

/** MySQL and SQLite quote what stands there. */
function nearIn(text: string, message: string): number | undefined {
  const near = /near '(.*?)' at line \d+/s.exec(message)?.[1] ?? /near "([^"]+)"/.exec(message)?.[1]
  if (near === undefined || near === '') return undefined
  const found = near.length > 1 ? text.lastIndexOf(near) : text.indexOf(near)
  return found === -1 ? undefined : found
}

const columns = 96

/** The message, and below it the line of the statement with a mark at the position. */
export function renderSqlError({ message, position }: SqlError, text: string): string {
  if (position === undefined) return message
  const before = text.slice(0, position)
  const start = before.lastIndexOf('\n') + 1
  const end = text.indexOf('\n', position)
  const line = text.slice(start, end === -1 ? text.length : end).replaceAll('\t', ' ')
  const column = position - start
  const from = Math.max(0, Math.min(column - columns / 2, line.length - columns))
  const shown = `${from > 0 ? '…' : ''}${line.slice(from, from + columns)}${from + columns < line.length ? '…' : ''}`
  const number = `  ${before.split('\n').length} | `
  return `${message}\n${number}${shown}\n${' '.repeat(number.length - 2)}| ${' '.repeat(column - from + (from > 0 ? 1 : 0))}^`
}
