import { channel } from 'node:diagnostics_channel'
import { createRequire } from 'node:module'

/**
 * True in the sandbox of a test runner. Jest, and Vitest with `vmThreads`, run each test file in a realm with globals and
 * modules of its own, one file after the other in one process; only what Node itself provides is shared. So a copy of
 * nonplus there meets drivers that the copies of other files never see, and shares channels with copies that are done.
 */
export const isSandboxed: boolean = !(channel instanceof Function)

const renewals = channel('nonplus:sandbox')

/** Stops the copy of the test file before, which nothing else would: its sandbox is gone, its subscriptions are not. */
export function takeOverSandbox(stop: () => void): void {
  renewals.publish(undefined)
  const onRenewal = (): void => {
    renewals.unsubscribe(onRenewal)
    stop()
  }
  renewals.subscribe(onRenewal)
}

let outerError: typeof Error | undefined

/**
 * The stack formatter of the realm that a sandbox was made in. Node asks it for the stacks of a sandbox that has none of
 * its own; Jest 30 maps to sources there.
 */
export function outerFormatter(): typeof Error.prepareStackTrace | undefined {
  if (!isSandboxed) return undefined
  if (outerError === undefined) {
    const { AssertionError } = createRequire(import.meta.url)('node:assert') as { AssertionError: typeof Error }
    outerError = Object.getPrototypeOf(AssertionError) as typeof Error
  }
  return outerError.prepareStackTrace
}
