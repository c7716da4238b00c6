import type { EventEmitter } from 'node:events'
import { noteError } from './run-job.ts'
import { enclosingScope, isThenable, runIn, Scope, type ScopeOptions } from './scope.ts'

type Listener = (this: unknown, ...args: unknown[]) => unknown

/**
 * Emits an event as one scope, which closes when every listener has returned, and every promise they returned is
 * settled. What sent no statement is not worth a line: sockets are full of such messages.
 *
 * `emit` throws away what listeners return, so they are called here, as it would call them.
 *
 * @param emit how it is emitted where there is nothing to do for us.
 */
export function emitAsScope(
  emitter: EventEmitter,
  type: string,
  args: readonly unknown[],
  options: Pick<ScopeOptions, 'name' | 'callSites'>,
  emit: () => unknown,
): unknown {
  const listeners = emitter.rawListeners(type) as Listener[]
  // it looks at what listeners return itself
  if (listeners.length === 0 || capturesRejections(emitter)) return emit()
  const scope = new Scope({ ...options, kind: 'request', parent: enclosingScope() })
  const pending = new Pending(scope)
  runIn(scope, () => {
    try {
      for (const listener of listeners) pending.add(Reflect.apply(listener, emitter, args))
    } catch (error) {
      noteError(scope, error)
      throw error
    } finally {
      pending.settleOne()
    }
  })
  return true
}

function capturesRejections(emitter: EventEmitter): boolean {
  return Object.getOwnPropertySymbols(emitter).some(
    (symbol) => symbol.description === 'kCapture' && (emitter as unknown as Record<symbol, unknown>)[symbol] === true,
  )
}

class Pending {
  readonly #scope: Scope
  #count = 1

  constructor(scope: Scope) {
    this.#scope = scope
  }

  add(result: unknown): void {
    if (!isThenable(result) || !(result instanceof Promise)) return
    this.#count++
    void this.#follow(result)
  }

  settleOne(): void {
    this.#count--
    if (this.#count > 0) return
    if (this.#scope.record === undefined) this.#scope.isClosed = true
    else this.#scope.close()
  }

  // a rejection that nobody handles stays one: of this promise, with the same reason
  async #follow(promise: Promise<unknown>): Promise<void> {
    try {
      await promise
    } catch (error) {
      noteError(this.#scope, error)
      throw error
    } finally {
      this.settleOne()
    }
  }
}
