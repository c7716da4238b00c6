import { type CapturedCallSite, captureCallSite } from './call-site.ts'
import { now } from './clock.ts'
import type { StatementMessage } from './message.ts'
import { filingScope, type Scope } from './scope.ts'
import { state } from './state.ts'

/** A connection that a callback asked a pool for, and where. */
export interface Checkout {
  readonly scope: Scope
  readonly callSite: CapturedCallSite | undefined
  readonly startedAt: number
}

const CHECKOUT: unique symbol = Symbol.for('nonplus.checkout') as never

type Connection = { [CHECKOUT]?: Checkout | undefined }

/**
 * What is asked of a pool here.
 *
 * @param below see `captureCallSite`.
 * @returns undefined where nothing is to be recorded.
 */
export function checkoutOf(below: (...args: never[]) => unknown): Checkout | undefined {
  const scope = filingScope()
  if (scope === undefined || scope.isClosed || scope.ignoreReason !== undefined) return undefined
  // nearly all stacks are found at the query: with `repeated` only a program that has lost one pays for the checkouts
  const isWanted = scope.callSites === 'all' || (scope.callSites === 'repeated' && state.needsCheckoutSites)
  return { scope, callSite: isWanted ? captureCallSite(below) : undefined, startedAt: now() }
}

/** Leaves a checkout with the connection that it was given. */
export function noteCheckout(connection: object | null | undefined, checkout: Checkout | undefined): void {
  if (connection !== null && connection !== undefined) (connection as Connection)[CHECKOUT] = checkout
}

/** What an ORM sends first on a connection, from a promise chain, has no stack; the checkout still had it. */
export function takeCheckoutSite(connection: object, message: StatementMessage): void {
  const checkout = (connection as Connection)[CHECKOUT]
  if (checkout === undefined) return
  ;(connection as Connection)[CHECKOUT] = undefined
  if (message.needsCallSite && message.callSite === undefined && checkout.scope === message.scope) {
    message.callSite = checkout.callSite
    state.needsCheckoutSites = true
  }
}
