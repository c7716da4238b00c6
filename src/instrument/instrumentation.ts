import type { Dialect } from '../model/statement.ts'
import type { DriverInfo } from './message.ts'

/** What one driver file provides: how to recognise the driver, and how to make it publish. */
export interface Instrumentation {
  /** Name it is required by. */
  readonly module: string
  /** Range of versions the tests run against. */
  readonly versions: string
  readonly dialect: Dialect
  readonly via: 'patch' | 'channel'
  /** See {@link DriverInfo.columnsOf}. */
  readonly columnsOf: DriverInfo['columnsOf']
  /** True where `exports` has the parts that {@link patch} touches; told by shape, so that any copy is recognised. */
  matches(exports: unknown): boolean
  /** Makes the driver publish. Every change goes through `wrapMethod`, which makes it harmless twice and undoable. */
  patch(exports: unknown, driver: DriverInfo): void
}
