import { channel } from 'node:diagnostics_channel'
import { subscribeGuarded } from './channel.ts'
import { type Checkout, checkoutOf } from './checkout.ts'
import { now } from './clock.ts'
import { noteHeard } from './instrument.ts'
import type { DriverInfo } from './message.ts'
import { Call, calls, takeAdoption } from './mysql2-call.ts'
import { endCall } from './mysql2-command.ts'
import { leavePool, resumeCall, takeHandover } from './mysql2-pool.ts'
import type { Scope } from './scope.ts'
import { state } from './state.ts'

const CALL = Symbol.for('nonplus.mysql2.call')

/** What mysql2 publishes of one call; the same object at each of its events. */
interface Context {
  readonly query?: string
  readonly values?: unknown
  readonly result?: unknown
  readonly error?: unknown
  [CALL]?: Call
}

interface PoolContext {
  readonly result?: unknown
  readonly error?: unknown
  [CALL]?: {
    readonly call: Call | undefined
    readonly checkout: Checkout | undefined
    readonly scope: Scope | undefined
  }
}

/**
 * Listens to what mysql2 publishes since 3.20, copies in bundles included. `query` and `execute` begin when a
 * connection is there, so what a pool was asked for comes from the pool.
 *
 * @returns the undo.
 */
export function listenToMysql2(driver: DriverInfo): () => void {
  const undos = [...listenTo('query', driver), ...listenTo('execute', driver), ...listenToPool()]
  return () => {
    for (const undo of undos) undo()
  }
}

function listenTo(name: 'query' | 'execute', driver: DriverInfo): (() => void)[] {
  const startUnseen = (context: Context, call: Call): void => {
    const { values } = context
    const parameters = name === 'execute' && Array.isArray(values) && values.length > 0 ? values : undefined
    const { checkout } = calls
    calls.checkout = undefined
    noteHeard(driver)
    call.start(driver, { text: String(context.query), parameters }, startUnseen)
    const { message } = call
    if (message === undefined) return
    message.hasCallback = true
    if (checkout === undefined || checkout.scope !== message.scope) return
    message.startedAt = checkout.startedAt
    message.acquiredAt = now()
    if (message.needsCallSite) message.callSite ??= checkout.callSite
  }
  return [
    on<Context>(`${name}:start`, (context) => {
      const call = takeAdoption() ?? new Call()
      context[CALL] = call
      call.outer = calls.current
      calls.current = call
    }),
    on<Context>(`${name}:end`, (context) => {
      const call = context[CALL]
      if (call === undefined) return
      calls.current = call.outer
      call.outer = undefined
      // a copy that was never seen: nobody has told of its command
      if (!call.isStarted) startUnseen(context, call)
    }),
    on<Context>(`${name}:asyncStart`, (context) => {
      const call = context[CALL]
      if (call === undefined) return
      if (!call.isStarted) startUnseen(context, call)
      endCall(call, context.error, context.result)
    }),
    bind<Context>(`${name}:asyncStart`, (context) => context[CALL]),
  ]
}

function listenToPool(): (() => void)[] {
  const start = (context: PoolContext): void => {
    const call = takeHandover()
    const scope = call === undefined ? state.storage.getStore() : call.scope
    context[CALL] = { call, scope, checkout: call === undefined ? checkoutOf(start) : undefined }
  }
  return [
    on<PoolContext>('pool:connect:start', start),
    on<PoolContext>('pool:connect:asyncStart', (context) => {
      const asked = context[CALL]
      if (asked !== undefined) resumeCall(asked.call, asked.checkout, context.error, context.result)
    }),
    on<PoolContext>('pool:connect:asyncEnd', leavePool),
    bind<PoolContext>('pool:connect:asyncStart', (context) => context[CALL]),
  ]
}

function on<Message>(name: string, listener: (message: Message) => void): () => void {
  return subscribeGuarded(channel(`tracing:mysql2:${name}`), listener)
}

/** Lets the callback of a call run in the scope of the call. */
function bind<Message>(
  name: string,
  callOf: (message: Message) => { scope: Scope | undefined } | undefined,
): () => void {
  const to = channel(`tracing:mysql2:${name}`)
  to.bindStore(state.storage, (message) => {
    const call = callOf(message as Message)
    return (call === undefined ? state.storage.getStore() : call.scope) as Scope
  })
  return () => void to.unbindStore(state.storage)
}
