import type { StatementMessage } from './message.ts'

/**
 * How a statement travels through a pool. `Pool.query` calls `Pool.connect` with a callback, which later calls
 * `Client.query`: one call of the application, two of ours. So the outer call leaves its statement here, the checkout
 * picks it up synchronously and carries it in the closure of its callback, and lays it down again right before the
 * callback calls `Client.query`, which adopts it instead of starting one of its own. No statement can be handed to the
 * wrong call, since each step is synchronous.
 */
export interface Handover {
  /** Absent where the call was made outside any scope: the inner call must not be recorded either. */
  readonly message: StatementMessage | undefined
}

let handover: Handover | undefined
let adoption: Handover | undefined

/** `Pool.query` → `Pool.connect`. */
export function setHandover(value: Handover | undefined): void {
  handover = value
}

export function takeHandover(): Handover | undefined {
  const value = handover
  handover = undefined
  return value
}

/** Callback of `Pool.connect` → `Client.query`. */
export function setAdoption(value: Handover | undefined): void {
  adoption = value
}

export function takeAdoption(): Handover | undefined {
  const value = adoption
  adoption = undefined
  return value
}
