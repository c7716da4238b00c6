import { AsyncLocalStorage } from 'node:async_hooks'
import type { DriverCoverage } from '../model/report.ts'
import type { AmbientScopes } from './ambient-scopes.ts'
import type { FieldPath } from './graphql-field.ts'
import type { DriverInfo } from './message.ts'
import type { Operation } from './operation.ts'
import { isSandboxed, takeOverSandbox } from './sandbox.ts'
import type { Scope } from './scope.ts'

/** The async context of a tracer, which callbacks of the application must run in as they run in their scope. */
export interface TracerContexts {
  /** The context of the caller. */
  active(): unknown
  run(context: unknown, fn: (...args: never[]) => unknown, self: unknown, args: ArrayLike<unknown>): unknown
}

/** Counts over the whole process; the coverage of a report is made of them. */
export interface Counters {
  /** Statements that reached a hooked driver. */
  seen: number
  /** Of these, filed under an open scope. */
  attributed: number
  /** Of these, with an application frame; counted when their scope closes. */
  withCallSite: number
  /** Filed under a scope whose options asked for call sites, and none was found. */
  lostCallSites: number
  /** Ran where no scope was open. */
  outside: number
  /** Ran in a scope that had closed already. */
  late: number
  /** Ran inside `ignore()`. */
  ignored: number
  /** Calls that an ORM sent together with one of another scope, where they are filed. */
  merged: number
  /** Errors inside nonplus itself, caught before they reached the host. */
  failures: number
}

/** What all copies of nonplus in a process share: duplicates in node_modules, bundles, sandboxes of test runners. */
export interface SharedState {
  readonly storage: AsyncLocalStorage<Scope>
  /** The call of an ORM that is under way. */
  readonly operations: AsyncLocalStorage<Operation>
  /** The GraphQL field whose resolver is under way, where its work may go on asynchronously. */
  readonly fields: AsyncLocalStorage<FieldPath>
  readonly counters: Counters
  /** Hooked drivers by name and version. */
  readonly drivers: Map<string, DriverCoverage>
  /** Names of the methods that are wrapped, by the object that has them. */
  readonly wrapped: WeakMap<object, Set<string>>
  /** Every undo, for {@link unpatchAll}. */
  readonly undos: Set<() => void>
  /** Every subscription to a channel, for the end of a sandbox. */
  readonly subscriptions: Set<() => void>
  /** Called at the end of a sandbox, while everything is still hooked. */
  readonly endings: Set<() => void>
  /** Ends the names of the channels of nonplus, so that each sandbox has its own. */
  readonly realm: string
  /** What was seen and then let go, since there was too much of it: what it was, and how much. */
  readonly losses: Map<string, number>
  /** First failures inside nonplus, in words; at most ten. */
  readonly failureMessages: string[]
  /** Where statements ran outside any scope; the first few distinct places, as `file:line`. */
  readonly outsideSites: Set<string>
  /** Reasons given to `ignore()`, with the number of statements each left out. */
  readonly ignoredReasons: Map<string, number>
  /** Services that must exist once per process, by name: the recorder, the HTTP hook, the loader hook. */
  readonly services: Map<string, unknown>
  /** The GraphQL field whose resolver is on the stack, where that is known to be synchronous. */
  field: FieldPath | undefined
  /** Takes what is sent where no scope is open; see `ProcessScope`. Absent unless asked for. */
  processScope: AmbientScopes | undefined
  /** True once a statement had no stack of its own on a client that a callback had checked out. */
  needsCheckoutSites: boolean
  /** Kept with each scope, statement and callback; absent unless statements become spans. Must not throw. */
  contexts: TracerContexts | undefined
  /** The value of the header `Server-Timing` for the request of a scope; absent unless asked for. */
  serverTiming: ((scope: Scope) => string) | undefined
  /** Called with each pool that is asked for a connection, and the driver it is of; must not throw. */
  onPool: ((pool: object, driver: DriverInfo) => void) | undefined
  /** True once plans are asked for, so that drivers note where their statements go. */
  wantsAsides: boolean
  /** True where PostgreSQL is to tell the plan of each execution itself. */
  wantsAutoExplain: boolean
  /** Called before each scope opens; must not throw. */
  onScopeOpening: (() => void) | undefined
  /** The same, of hooks that others may take out. */
  readonly scopeOpenings: Set<() => void>
  /** Profilers that judge every scope that closes. */
  profilers: number
  /** How often every hook was taken out: drivers that are loaded must be looked for again then. */
  unpatchings: number
  nextScope: number
  nextConnection: number
}

const SLOT = Symbol.for('nonplus.state.v1')

function createState(): SharedState {
  return {
    storage: new AsyncLocalStorage<Scope>(),
    operations: new AsyncLocalStorage<Operation>(),
    fields: new AsyncLocalStorage<FieldPath>(),
    counters: {
      seen: 0,
      attributed: 0,
      withCallSite: 0,
      lostCallSites: 0,
      outside: 0,
      late: 0,
      ignored: 0,
      merged: 0,
      failures: 0,
    },
    drivers: new Map(),
    wrapped: new WeakMap(),
    undos: new Set(),
    subscriptions: new Set(),
    endings: new Set(),
    realm: isSandboxed ? `:${process.hrtime.bigint()}` : '',
    losses: new Map(),
    failureMessages: [],
    outsideSites: new Set(),
    ignoredReasons: new Map(),
    services: new Map(),
    field: undefined,
    processScope: undefined,
    needsCheckoutSites: false,
    contexts: undefined,
    serverTiming: undefined,
    onPool: undefined,
    wantsAsides: false,
    wantsAutoExplain: false,
    onScopeOpening: undefined,
    scopeOpenings: new Set(),
    profilers: 0,
    unpatchings: 0,
    nextScope: 1,
    nextConnection: 1,
  }
}

/** The state of this process. */
export const state: SharedState = sharedState()

function sharedState(): SharedState {
  const slots = globalThis as unknown as Record<symbol, SharedState | undefined>
  const existing = slots[SLOT]
  if (existing === undefined) {
    const created = isSandboxed ? createSandboxState() : createState()
    slots[SLOT] = created
    return created
  }
  // a copy of an older version may have made it, without what this one keeps there
  const fresh = createState()
  Object.assign(existing.counters, { ...fresh.counters, ...existing.counters })
  return Object.assign(existing, { ...fresh, ...existing })
}

function createSandboxState(): SharedState {
  const created = createState()
  // Jest empties what it finds on the globals of a test file that has ended, or warns of its use
  Object.defineProperty(created, Symbol.for('$$jest-protect-from-deletion'), { value: [] })
  takeOverSandbox(() => {
    for (const end of [...created.endings, ...created.undos, ...created.subscriptions]) end()
  })
  return created
}

/** Makes a service once per process, whichever copy of nonplus asks first. */
export function onceInProcess<Service>(name: string, create: () => Service): Service {
  if (!state.services.has(name)) state.services.set(name, create())
  return state.services.get(name) as Service
}

/**
 * Counts what was let go because of a bound; the report says so.
 *
 * @param what in words that follow a number: `spans were …`. Few and fixed.
 */
export function noteLoss(what: string, count: number): void {
  state.losses.set(what, (state.losses.get(what) ?? 0) + count)
}

/** Counts an error of our own; it never reaches the host, and the report says so. */
export function reportFailure(where: string, error: unknown): void {
  state.counters.failures++
  if (state.failureMessages.length < 10) {
    const text = error instanceof Error ? (error.stack ?? error.message).split('\n', 2).join(' ') : String(error)
    state.failureMessages.push(`${where}: ${text}`)
  }
}
