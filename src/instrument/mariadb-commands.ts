import { letGo } from './aside.ts'
import { now } from './clock.ts'
import { connectionOf } from './connection.ts'
import { takeMessage } from './driver-call.ts'
import type { MariadbClasses } from './mariadb-classes.ts'
import type { StatementMessage } from './message.ts'
import { isOwnWork } from './own-work.ts'
import { wrapMethod } from './patch.ts'
import { state } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: mariadb's own objects
type Any = any

/** What of a statement is known only within: the connection it got, when, and what the server remarked. */
interface Sent {
  readonly message: StatementMessage
  readonly isPooled: boolean
}

/** Bits of the server's status: no good index was used, none at all was. */
const NO_INDEX = 16 | 32

/** By the driver's own parameter object, which accompanies a call from the pool to each of its commands. */
const sentBy = new WeakMap<object, Sent>()

/** Lets statements learn about their connection; where the names within have changed, they just do not. */
export function wrapMariadbCommands({ basePool, baseConnection }: MariadbClasses): void {
  wrapMethod(basePool, 'getConnection', (original, wrapping) => {
    return function getConnection(this: unknown, ...args: Any[]): unknown {
      const message = wrapping.isActive ? takeMessage() : undefined
      const [call] = args
      if (message !== undefined && typeof call === 'object' && call !== null)
        sentBy.set(call, { message, isPooled: true })
      return Reflect.apply(original, this, args)
    }
  })
  for (const name of ['addCommandQueue', 'addCommandEnable', 'addCommandEnablePipeline']) {
    wrapMethod(baseConnection, name, (original, wrapping) => {
      return function add(this: Any, ...args: Any[]): unknown {
        if (wrapping.isActive) note(this, args[0])
        return Reflect.apply(original, this, args)
      }
    })
  }
}

function note(connection: Any, command: Any): void {
  const scope = state.storage.getStore()
  // ours must not keep the process alive
  if (scope?.ignoreReason !== undefined && isOwnWork(scope)) letGo(connection.socket)
  const call = command?.cmdParam
  if (typeof call !== 'object' || call === null) return
  let sent = sentBy.get(call)
  if (sent === undefined) {
    const message = takeMessage()
    if (message === undefined) return
    sent = { message, isPooled: false }
    sentBy.set(call, sent)
  }
  const { message, isPooled } = sent
  message.connection = connectionOf(connection)
  message.through = connection
  if (isPooled && message.acquiredAt === 0) message.acquiredAt = now()
  // the status stands there only until the next answer is read
  command.once('end', () => {
    message.noIndexUsed = (connection.info.status & NO_INDEX) !== 0
  })
}
