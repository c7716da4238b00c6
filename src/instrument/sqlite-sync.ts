import { connectionOf } from './connection.ts'
import type { DriverInfo, StatementMessage } from './message.ts'
import { type Method, type Wrapping, wrapMethod } from './patch.ts'
import { RowSample } from './row-sample.ts'
import { isOutside } from './scope.ts'
import { changedRows, sqliteResultOf } from './sqlite-rows.ts'
import { startStatement } from './start-statement.ts'
import { reportFailure } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: objects of the drivers
type Any = any

/** How the statements of a driver that runs synchronously are read; `self` is the object whose method is called. */
export interface SyncReading {
  readonly driver: DriverInfo
  textOf(self: Any, args: readonly unknown[]): string
  parametersOf(self: Any, args: readonly unknown[]): readonly unknown[] | undefined
  /** True where methods of a statement call each other: libsql's `all` calls its own `iterate`, which is no second execution. */
  readonly callsItself?: boolean
  /** The object that stands for the connection. */
  databaseOf(self: Any): object | undefined
}

type End = (message: StatementMessage, self: Any, result: Any) => void

/**
 * Makes `all`, `get`, `run` and `iterate` publish. Such statements take microseconds, so outside a scope nothing is
 * read, and inside one no closure is made.
 *
 * @param owner see {@link wrapMethod}.
 */
export function wrapStatements(prototype: object, reading: SyncReading, owner?: Wrapping): void {
  wrapCall(prototype, 'all', reading, endWithRows, owner)
  wrapCall(prototype, 'get', reading, endWithRow, owner)
  wrapCall(prototype, 'run', reading, endWithChanges, owner)
  wrapCall(prototype, 'iterate', reading, watchIterator, owner)
}

/** Makes `exec` of a connection publish: one execution, however many statements the text holds. */
export function wrapExec(prototype: object, driver: DriverInfo): void {
  const reading: SyncReading = {
    driver,
    textOf: (_self, [text]) => String(text),
    parametersOf: () => undefined,
    databaseOf: (self) => self,
  }
  wrapCall(prototype, 'exec', reading, (message) => message.end(undefined, 0))
}

/** The object whose method is running; see {@link SyncReading.callsItself}. */
let running: unknown

function wrapCall(prototype: object, name: string, reading: SyncReading, end: End, owner?: Wrapping): void {
  const run = reading.callsItself ? applyAlone : Reflect.apply
  const make = (original: Method, wrapping: Wrapping): Method => {
    return function execute(this: unknown, ...args: unknown[]): unknown {
      if (!wrapping.isActive || running === this) return Reflect.apply(original, this, args)
      const message = start(reading, this, args, execute)
      if (message === undefined) return run(original, this, args)
      let result: unknown
      try {
        result = run(original, this, args)
      } catch (error) {
        message.end(error, 0)
        throw error
      }
      try {
        end(message, this, result)
      } catch (error) {
        reportFailure(`${reading.driver.name} result`, error)
        message.end(undefined, 0)
      }
      return result
    }
  }
  wrapMethod(prototype, name, make, owner)
}

function applyAlone(original: Method, self: unknown, args: unknown[]): unknown {
  const outer = running
  running = self
  try {
    return Reflect.apply(original, self, args)
  } finally {
    running = outer
  }
}

function start(
  reading: SyncReading,
  self: unknown,
  args: readonly unknown[],
  below: (...args: never[]) => unknown,
): StatementMessage | undefined {
  const { driver } = reading
  if (isOutside()) return startStatement(driver, '', undefined, below)
  const database = reading.databaseOf(self)
  const text = reading.textOf(self, args)
  const message = startStatement(driver, text, reading.parametersOf(self, args), below, undefined, database)
  if (message !== undefined) message.connection = connectionOf(database)
  return message
}

function endWithRows(message: StatementMessage, self: Any, rows: Any): void {
  message.end(undefined, rows.length, sqliteResultOf(rows, self, message))
}

function endWithRow(message: StatementMessage, self: Any, row: unknown): void {
  if (row === undefined) message.end(undefined, 0)
  else message.end(undefined, 1, sqliteResultOf([row], self, message))
}

function endWithChanges(message: StatementMessage, _self: Any, result: Any): void {
  message.end(undefined, changedRows(message, result?.changes))
}

/** An iterator is used once, so its methods are replaced on the object: it ends when it is through, left or thrown out of. */
function watchIterator(message: StatementMessage, self: Any, iterator: Any): void {
  message.isStreamed = true
  const sample = new RowSample()
  const end = (error?: unknown): void => {
    if (message.hasEnded) return
    message.end(error, sample.count, error === undefined ? sqliteResultOf(sample.rows, self, message) : undefined)
  }
  replace(iterator, 'next', (original) => {
    return function next(this: unknown, ...args: unknown[]): unknown {
      let step: Any
      try {
        step = Reflect.apply(original, this, args)
      } catch (error) {
        end(error)
        throw error
      }
      if (step?.done) end()
      else sample.add(step?.value)
      return step
    }
  })
  replace(iterator, 'return', (original) => {
    return function (this: unknown, ...args: unknown[]): unknown {
      end()
      return Reflect.apply(original, this, args)
    }
  })
}

function replace(target: Any, name: string, make: (original: Method) => Method): void {
  const original = target[name]
  if (typeof original !== 'function') return
  const enumerable = Object.getOwnPropertyDescriptor(target, name)?.enumerable ?? false
  Object.defineProperty(target, name, { value: make(original), configurable: true, writable: true, enumerable })
}
