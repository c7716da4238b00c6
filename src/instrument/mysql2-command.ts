import { channel } from 'node:diagnostics_channel'
import type { ResultColumn } from '../model/trace.ts'
import { callIn } from './call-in.ts'
import type { RawResult, StatementMessage } from './message.ts'
import type { Call } from './mysql2-call.ts'
import { wrapMethod } from './patch.ts'
import { RowSample } from './row-sample.ts'
import { reportFailure } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: mysql2's own objects
type Any = any

/** Where a command has the message of its statement. */
export const MESSAGE: unique symbol = Symbol.for('nonplus.message') as never

/** The server used no index for some table (32), or none that is good (16). */
const NO_INDEX_FLAGS = 48

/** Watches a command that calls back, where no channel tells how it ends. */
export function watchCallback(command: Any, call: Call): void {
  const { onResult } = command
  command.onResult = function (this: unknown, ...outcome: Any[]): unknown {
    endCall(call, outcome[0], outcome[1])
    return call.isPromised
      ? Reflect.apply(onResult, this, outcome)
      : callIn(call.scope, onResult, this, outcome, call.context)
  }
}

/** The channels bring a callback back to its scope; of the context of a tracer they know nothing. */
export function returnToContext(command: Any, call: Call): void {
  const { onResult } = command
  command.onResult = function (this: unknown, ...outcome: Any[]): unknown {
    return callIn(call.scope, onResult, this, outcome, call.context)
  }
}

/** `execute` prepares first; where that fails, its callback is called by the command of the preparation. */
export function watchPreparation(prepare: Any, call: Call): void {
  const { onResult } = prepare
  prepare.onResult = function (this: unknown, ...outcome: Any[]): unknown {
    const [error] = outcome
    if (error === null || error === undefined) return Reflect.apply(onResult, this, outcome)
    call.message?.end(error, 0)
    return callIn(call.scope, onResult, this, outcome, call.context)
  }
}

/**
 * Watches a command whose rows come as events: streams, and calls without a callback. Its listeners run in the scope of
 * the call; those of a stream around it do too, since it is the events that move a stream.
 *
 * @param isPublished true where the channels tell of it: only then the driver listens for its error.
 */
export function watchEvents(command: Any, call: Call, isPublished = false): void {
  const emit = command.emit
  const sample = new RowSample()
  let results = 0
  let fields: unknown
  const note = (message: StatementMessage, name: unknown, value: Any): void => {
    if (name === 'fields') {
      fields = value
      results++
    } else if (name === 'result' && fields === undefined) {
      sample.count += countOf(value)
      noteStatus(message, value?.serverStatus)
    } else if (name === 'result') {
      if (results === 1) sample.add(value)
      else sample.count++
    } else if (name === 'error') {
      message.end(value, sample.count)
    } else if (name === 'end') {
      message.end(undefined, sample.count, results === 1 ? rawResultOf(sample.rows, fields, command) : undefined)
    }
  }
  if (call.message !== undefined) call.message.isStreamed = true
  Object.defineProperty(command, 'emit', {
    configurable: true,
    writable: true,
    enumerable: false,
    value(this: unknown, ...args: Any[]): unknown {
      try {
        if (call.message !== undefined && !call.message.hasEnded) note(call.message, args[0], args[1])
      } catch (error) {
        reportFailure('mysql2 event', error)
      }
      const isUnheard = isPublished && args[0] === 'error' && command.listenerCount('error') === 1 && isOnlySubscriber()
      const result = callIn(call.scope, emit, this, args, call.context)
      if (isUnheard) throw args[1]
      return result
    },
  })
}

/**
 * While its channels have subscribers, mysql2 listens for the error of each command, and the error of one that nobody
 * else listens to is lost. Where the only subscriber are we, it must be thrown, as it is without us.
 */
function isOnlySubscriber(): boolean {
  const { _subscribers: subscribers } = channel('tracing:mysql2:query:start') as { _subscribers?: readonly unknown[] }
  return subscribers?.length === 1
}

/** Ends the message of a call with what the driver hands to a callback. */
export function endCall({ message, command }: Call, error: unknown, rows: Any): void {
  if (message === undefined || message.hasEnded) return
  try {
    const isSeveral = command?._resultIndex > 0 && Array.isArray(rows)
    for (const result of isSeveral ? rows : [rows]) noteStatus(message, result?.serverStatus)
    if (error !== null && error !== undefined) message.end(error, 0)
    else if (isSeveral) message.end(undefined, sumOf(rows))
    else if (!Array.isArray(rows)) message.end(undefined, countOf(rows))
    else message.end(undefined, rows.length, rawResultOf(rows, fieldsOf(command, rows), command))
  } catch (failure) {
    reportFailure('mysql2 result', failure)
    message.end(undefined, 0)
  }
}

/** Hears what the server says of indexes, right before the rows. */
export function wrapCommand(prototype: Any): void {
  wrapMethod(prototype, 'fieldsEOF', (original, wrapping) => {
    return function fieldsEOF(this: Any, ...args: Any[]): unknown {
      const message: StatementMessage | undefined = this[MESSAGE]
      if (message !== undefined && wrapping.isActive) {
        try {
          const [packet] = args
          if (packet.isEOF()) noteStatus(message, packet.eofStatusFlags())
        } catch (error) {
          reportFailure('mysql2 status', error)
        }
      }
      return Reflect.apply(original, this, args)
    }
  })
}

function noteStatus(message: StatementMessage, status: unknown): void {
  if (typeof status === 'number' && (status & NO_INDEX_FLAGS) !== 0) message.noIndexUsed = true
}

/** Rows that were changed, as the header of a result without rows says. */
function countOf(header: Any): number {
  return Number(header?.affectedRows ?? 0)
}

function sumOf(results: readonly Any[]): number {
  let sum = 0
  for (const result of results) sum += Array.isArray(result) ? result.length : countOf(result)
  return sum
}

function rawResultOf(rows: readonly unknown[], fields: unknown, command: Any): RawResult | undefined {
  if (rows.length === 0) return undefined
  const nesting = command?.options?.nestTables
  if (!nesting || !Array.isArray(fields) || Array.isArray(rows[0])) return { rows, fields }
  const flat = rows.map((row) => fields.map((field) => nestedCell(row, field, nesting)))
  return { rows: flat, fields }
}

/** `nestTables` puts a row's columns into an object per table, or the name of the table before theirs. */
function nestedCell(row: Any, { table, name }: Any, nesting: unknown): unknown {
  return typeof nesting === 'string' ? row?.[`${table}${nesting}${name}`] : row?.[table]?.[name]
}

/** What the driver says of the columns; where the command is out of reach, the names that the rows have. */
function fieldsOf(command: Any, [row]: readonly unknown[]): unknown {
  if (command !== undefined) return command._fields?.[0]
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return undefined
  return Object.keys(row).map((name) => ({ name }))
}

/** Names and origins of mysql2's columns; a computed one has no table. */
export function columnsOf(fields: unknown): readonly ResultColumn[] {
  if (!Array.isArray(fields)) return []
  return fields.map(({ name, schema, orgTable, orgName }: Any) =>
    orgTable ? { name, origin: `${schema}.${orgTable}.${orgName}` } : { name },
  )
}
