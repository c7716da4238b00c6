import { runOperation } from './operation.ts'
import { wrapMethod } from './patch.ts'

// biome-ignore lint/suspicious/noExplicitAny: Sequelize's own objects
type Any = any

/**
 * Sequelize gives each connection of tedious a queue, and sends from its jobs, where no frame of the application is left.
 * So the call that enqueues is an operation that lends its line. The class is found on the first connection that sends:
 * it asks for the server's version before it is lent to anybody.
 */
export function hookSequelizeQueue(connection: Any): void {
  const { queue } = connection
  if (typeof queue?.enqueue !== 'function' || typeof queue.close !== 'function') return
  wrapMethod(Object.getPrototypeOf(queue), 'enqueue', (original, wrapping) => {
    return function enqueue(this: unknown, ...args: unknown[]): unknown {
      const call = (): unknown => Reflect.apply(original, this, args)
      return wrapping.isActive ? runOperation(enqueue, call, true) : call()
    }
  })
}
