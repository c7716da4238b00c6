import { callIn } from './call-in.ts'
import { type Checkout, checkoutOf, noteCheckout } from './checkout.ts'
import { withCallSite } from './deferred-call-site.ts'
import type { DriverInfo } from './message.ts'
import { wrapMethod } from './patch.ts'
import { notePoolClients } from './pg-aside.ts'
import { parametersOf, textOf } from './pg-client.ts'
import { type Handover, setAdoption, setHandover, takeHandover } from './pg-handover.ts'
import type { Scope } from './scope.ts'
import { startStatement } from './start-statement.ts'
import { state } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: pg's own objects
type Any = any

/** Makes `Pool.query` publish where the application calls it, and keeps its scope through the wait for a connection. */
export function wrapPgPool(prototype: Any, driver: DriverInfo): void {
  notePoolClients(prototype)
  wrapMethod(prototype, 'query', (original, wrapping) => {
    return function query(this: Any, ...args: Any[]): unknown {
      const [config, values, callback] = args
      if (!wrapping.isActive || config === null || config === undefined || typeof config === 'function') {
        return Reflect.apply(original, this, args)
      }
      const message = startStatement(
        driver,
        textOf(config, undefined),
        parametersOf(config, values),
        query,
        undefined,
        this,
      )
      if (message !== undefined) message.hasCallback = typeof values === 'function' || typeof callback === 'function'
      setHandover({ message })
      let result: unknown
      try {
        result = Reflect.apply(original, this, args)
      } finally {
        setHandover(undefined)
      }
      return message === undefined ? result : withCallSite(result, message)
    }
  })
  wrapMethod(prototype, 'connect', (original, wrapping) => {
    return function connect(this: Any, ...args: Any[]): unknown {
      const handover = takeHandover()
      const callback = args[0]
      if (wrapping.isActive) state.onPool?.(this as object, driver)
      if (!wrapping.isActive || typeof callback !== 'function') return Reflect.apply(original, this, args)
      const scope = state.storage.getStore()
      const context = handover === undefined ? state.contexts?.active() : handover.message?.context
      const checkout = handover === undefined ? checkoutOf(connect) : undefined
      args[0] = function (this: unknown, ...outcome: Any[]): unknown {
        return resume(callback, this, outcome, { scope, context, handover, checkout })
      }
      return Reflect.apply(original, this, args)
    }
  })
}

/** Who asked a pool for a connection. */
interface Asking {
  readonly scope: Scope | undefined
  readonly context: unknown
  readonly handover: Handover | undefined
  readonly checkout: Checkout | undefined
}

/** The pool calls back in the context of whoever released the connection: go back to the one that asked for it. */
function resume(
  callback: (...args: never[]) => unknown,
  self: unknown,
  outcome: Any[],
  { scope, context, handover, checkout }: Asking,
): unknown {
  const [error, client] = outcome
  if (error !== undefined && error !== null) handover?.message?.end(error, 0)
  else if (handover !== undefined) setAdoption(handover)
  else noteCheckout(client, checkout)
  try {
    return callIn(scope, callback, self, outcome, context)
  } finally {
    setAdoption(undefined)
  }
}
