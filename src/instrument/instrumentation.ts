import type { Dialect } from '../model/statement.ts'
import type { Aside } from './aside.ts'
import type { DriverInfo } from './message.ts'

/** How a driver is watched: on the diagnostics channels it publishes itself, or by wrapped methods. Never both. */
export type Via = 'patch' | 'channel'

/** What one driver file provides: how to recognise the driver, and how to make it publish. */
export interface Instrumentation {
  /** Name it is required by. */
  readonly module: string
  /** Other names that give exports to be hooked: `mysql2/promise`. */
  readonly entries?: readonly string[]
  /** Range of versions the tests run against. */
  readonly versions: string
  readonly dialect: Dialect
  readonly via: Via
  /**
   * Files of the package whose exports hold what {@link patch} touches, by how they are loaded.
   *
   * @default what a `require` of the package gives; an ES module is seen only where it is named here.
   */
  readonly files?: {
    readonly import?: readonly string[]
    readonly require?: readonly string[]
    /** Packages that bring a copy of their own. */
    readonly within?: readonly string[]
  }
  /** See {@link DriverInfo.columnsOf}. */
  readonly columnsOf: DriverInfo['columnsOf']
  /** See {@link DriverInfo.addressOf}. */
  readonly addressOf?: DriverInfo['addressOf']
  /** See {@link DriverInfo.poolStateOf}. */
  readonly poolStateOf?: DriverInfo['poolStateOf']
  /** See {@link DriverInfo.openAside}; `exports` of the copy that was hooked. */
  openAside?(through: object, exports: unknown): Promise<Aside>
  /** See {@link DriverInfo.asideKeyOf}. */
  readonly asideKeyOf?: DriverInfo['asideKeyOf']
  /** Methods that instrumentation of OpenTelemetry wraps, as the exports reach them, or what a statement is sent through. */
  tracedMethods?(exports: unknown, through: object | undefined): readonly unknown[]
  /** True where `exports` has the parts that {@link patch} touches; told by shape, so that any copy is recognised. */
  matches(exports: unknown): boolean
  /**
   * How this copy is watched, where versions differ.
   *
   * @param version as its package.json has it; `unknown` in a bundle.
   * @default {@link via}
   */
  viaOf?(exports: unknown, version: string): Via
  /**
   * Subscribes to the channels of the driver, which are found by name: called once, before any copy is loaded, so that
   * a bundled one is heard too. Its messages are started with the `driver` given here; the version is filled in when a
   * copy is seen being loaded.
   *
   * @returns the undo.
   */
  listen?(driver: DriverInfo): () => void
  /**
   * Makes the driver publish. Every change goes through `wrapMethod`, which makes it harmless twice and undoable.
   *
   * @param via `channel`: only what the driver does not publish itself may be wrapped.
   */
  patch(exports: unknown, driver: DriverInfo, via: Via): void
}
