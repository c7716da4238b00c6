import { wrapMethod } from './patch.ts'
import { notePassword } from './pg-aside.ts'
import { explainItself, wantsAutoExplain } from './pg-auto-explain.ts'
import { isThenable } from './scope.ts'

// biome-ignore lint/suspicious/noExplicitAny: pg's own objects
type Any = any

/**
 * Looks at a client that is about to connect. Where plans are to come from the server itself, it is prepared for that
 * before the application hears that it is connected: its first statement is the application's own.
 */
export function wrapPgConnect(prototype: object): void {
  wrapMethod(prototype, 'connect', (original, wrapping) => {
    return function connect(this: Any, ...args: Any[]): unknown {
      if (!wrapping.isActive) return Reflect.apply(original, this, args)
      notePassword(this)
      if (!wantsAutoExplain(this)) return Reflect.apply(original, this, args)
      const [callback] = args
      if (typeof callback === 'function') {
        const prepared = (...outcome: Any[]): void => {
          const [error] = outcome
          const tell = (): void => void Reflect.apply(callback, this, outcome)
          if (error) tell()
          else explainItself(this, tell)
        }
        return Reflect.apply(original, this, [prepared])
      }
      const result = Reflect.apply(original, this, args)
      return isThenable(result) ? prepare(result, this) : result
    }
  })
}

async function prepare(connected: PromiseLike<unknown>, client: Any): Promise<unknown> {
  const value = await connected
  await new Promise<void>((resolve) => explainItself(client, resolve))
  return value
}
