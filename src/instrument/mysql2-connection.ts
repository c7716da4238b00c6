import { takeCheckoutSite } from './checkout.ts'
import { connectionOf } from './connection.ts'
import type { DriverInfo, StatementMessage } from './message.ts'
import { Call, calls, takeAdoption } from './mysql2-call.ts'
import {
  MESSAGE,
  returnToContext,
  watchCallback,
  watchEvents,
  watchPreparation,
  wrapCommand,
} from './mysql2-command.ts'
import { commandQuestionOf } from './mysql2-question.ts'
import { isWrapped, ownerOf, wrapMethod } from './patch.ts'
import { reportFailure } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: mysql2's own objects
type Any = any

/**
 * Makes a class of connections publish, which is met in an instance or a prototype. Whatever is sent, by `query`,
 * `execute` or a prepared statement, is a command that `addCommand` gets synchronously; a connection that is closed
 * replaces that method by `_addCommandClosedState`. Where the channels of the driver have told of the call already, the
 * command only adds to it what they keep to themselves: placeholders, columns, the connection.
 */
export function hookConnection(connection: Any, driver: DriverInfo): void {
  const prototype = ownerOf(connection, '_addCommandClosedState')
  if (prototype === undefined || isWrapped(prototype, 'addCommand')) return
  for (const name of ['addCommand', '_addCommandClosedState']) {
    wrapMethod(prototype, name, (original, wrapping) => {
      return function addCommand(this: Any, ...args: Any[]): unknown {
        if (wrapping.isActive) receive(this, args[0], driver, addCommand)
        return Reflect.apply(original, this, args)
      }
    })
  }
  wrapMethod(prototype, '_notifyError', (original, wrapping) => {
    return function _notifyError(this: Any, ...args: Any[]): unknown {
      if (wrapping.isActive) endUnheard(this, args[0])
      return Reflect.apply(original, this, args)
    }
  })
}

function receive(connection: Any, command: Any, driver: DriverInfo, below: (...args: never[]) => unknown): void {
  try {
    if (command._queryOptions !== undefined || command._executeOptions !== undefined) {
      file(connection, command, driver, below)
    } else if (command.parameterDefinitions !== undefined) {
      calls.prepare = command
    }
  } catch (error) {
    reportFailure('mysql2 command', error)
  }
}

function file(connection: Any, command: Any, driver: DriverInfo, below: (...args: never[]) => unknown): void {
  const { current, prepare } = calls
  calls.prepare = undefined
  const isPublished = current !== undefined && current.command === undefined
  const call = isPublished ? current : (takeAdoption() ?? new Call())
  call.command = command
  if (!call.isStarted) call.start(driver, commandQuestionOf(command, connection), below, connection)
  const { message, isPromised } = call
  if (message !== undefined) {
    message.connection = connectionOf(connection)
    message.hasCallback = !isPromised
    takeCheckoutSite(connection, message)
    command[MESSAGE] = message
    const commands = Object.getPrototypeOf(command)
    if (!isWrapped(commands, 'fieldsEOF')) wrapCommand(commands)
  }
  if (typeof command.onResult !== 'function') {
    if (!Object.hasOwn(command, 'emit')) watchEvents(command, call, isPublished)
    return
  }
  if (isPublished) {
    if (isPromised || call.context === undefined) return
    returnToContext(command, call)
  } else if (message !== undefined || !isPromised) {
    watchCallback(command, call)
  } else return
  if (prepare !== undefined && prepare.options === command._executeOptions) watchPreparation(prepare, call)
}

/** A lost connection is told to callbacks only; commands without one just end. */
function endUnheard(connection: Any, error: unknown): void {
  try {
    if (connection._fatalError) return
    const { _command: active, _commands: queue } = connection
    const waiting = Array.from({ length: queue.length }, (_, index) => queue.get(index))
    for (const command of [active, ...waiting]) {
      if (typeof command?.onResult !== 'function') (command?.[MESSAGE] as StatementMessage | undefined)?.end(error, 0)
    }
  } catch (failure) {
    reportFailure('mysql2 lost connection', failure)
  }
}
