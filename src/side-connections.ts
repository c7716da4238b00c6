import { clearTimeout, setTimeout } from 'node:timers'
import { Refused } from './explain/refusals.ts'
import type { Aside } from './instrument/aside.ts'
import type { DriverInfo } from './instrument/message.ts'
import { runAsOwn } from './instrument/own-work.ts'
import type { SideConnection } from './model/side-connection.ts'
import { openAsExplainer } from './open-as-explainer.ts'

/** Where a statement was sent, and how to go there. */
export interface SideTarget {
  readonly driver: DriverInfo
  readonly through: object
  /** Equal keys, equal connections. */
  readonly key: string
}

/** How long a connection without work stays open. Milliseconds. */
const IDLE_MS = 3_000

/** How long a server that could not be reached is left alone. Milliseconds. */
const REST_MS = 5_000

/** An error of the connection itself, not of what was sent on it. */
export class SideConnectionError extends Error {}

interface Open {
  readonly connection: SideConnection
  timer: NodeJS.Timeout | undefined
}

/**
 * Connections of nonplus's own, one per target at the most: opened at the first use, closed after a while without any.
 * None keeps the process alive. What is sent on them is the work of nonplus, see `runAsOwn`.
 */
export class SideConnections {
  readonly #open = new Map<string, Open>()
  readonly #failures = new Map<string, { readonly error: SideConnectionError; readonly until: number }>()

  /**
   * Gives `work` a connection; one at a time per target.
   *
   * @throws SideConnectionError where there is none; Refused where its database cannot be asked for now; and what `work` throws, which closes the connection.
   */
  async use<Result>(target: SideTarget, work: (connection: SideConnection) => Promise<Result>): Promise<Result> {
    const open = this.#open.get(target.key) ?? (await this.#connect(target))
    clearTimeout(open.timer)
    try {
      const result = await runAsOwn(() => work(open.connection))
      open.timer = setTimeout(() => this.drop(target.key), IDLE_MS).unref()
      return result
    } catch (error) {
      await this.drop(target.key)
      throw error
    }
  }

  /** Closes the connection of a target, if there is one. */
  async drop(key: string): Promise<void> {
    const open = this.#open.get(key)
    if (open === undefined) return
    this.#open.delete(key)
    clearTimeout(open.timer)
    await runAsOwn(() => open.connection.close())
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((key) => this.drop(key)))
  }

  async #connect({ driver, through, key }: SideTarget): Promise<Open> {
    const failure = this.#failures.get(key)
    if (failure !== undefined && performance.now() < failure.until) throw failure.error
    try {
      const aside = (await driver.openAside?.(through)) as Aside
      const open: Open = { connection: await runAsOwn(() => openAsExplainer(aside)), timer: undefined }
      this.#failures.delete(key)
      this.#open.set(key, open)
      return open
    } catch (cause) {
      // not a matter of the connection: the next one may be lucky
      if (cause instanceof Refused) throw cause
      const error = new SideConnectionError(firstLine(cause), { cause })
      this.#failures.set(key, { error, until: performance.now() + REST_MS })
      throw error
    }
  }
}

/** Node tells of several attempts in an error that has no message of its own. */
function firstLine(cause: unknown): string {
  const { message, code, errors } = (cause ?? {}) as { message?: string; code?: string; errors?: readonly Error[] }
  const [line] = (message || errors?.[0]?.message || code || String(cause)).split('\n')
  return line ?? ''
}
