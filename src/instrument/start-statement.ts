import { type CapturedCallSite, captureCallSite } from './call-site.ts'
import { statementStart, strayStart } from './channel.ts'
import { now } from './clock.ts'
import type { FieldPath } from './graphql-field.ts'
import { isLoadingAhead } from './loading-ahead.ts'
import { type DriverInfo, StatementMessage } from './message.ts'
import type { Operation } from './operation.ts'
import { isOwnWork } from './own-work.ts'
import { Scope } from './scope.ts'
import { sourceFrameOf } from './source-map.ts'
import { reportFailure, state } from './state.ts'

/** Where a statement comes from, for a driver that knows its text only later: noted in the outermost call. */
export interface Origin {
  readonly scope: Scope | undefined
  readonly operation: Operation | undefined
  readonly field: FieldPath | undefined
  readonly startedAt: number
  /** See {@link StatementMessage.context}. */
  readonly context: unknown
  callSite: CapturedCallSite | undefined
  /** See {@link StatementMessage.orm}. */
  orm: string | undefined
}

/** Notes where a statement comes from, to start its message later. */
export function originOf(): Origin {
  return {
    scope: state.storage.getStore(),
    operation: state.operations.getStore(),
    field: state.field ?? state.fields.getStore(),
    startedAt: now(),
    context: state.contexts?.active(),
    callSite: undefined,
    orm: undefined,
  }
}

/**
 * Starts the message of a statement, if it belongs to an open scope; counts it in any case.
 *
 * @param below function whose callers may be the application; frames above it are left out of the call site.
 * @param origin where it was noted before: scope, time and call site are taken from it.
 * @param through see {@link StatementMessage.through}.
 * @param batchSize see {@link StatementMessage.batchSize}.
 * @returns undefined where nothing is to be recorded.
 */
export function startStatement(
  driver: DriverInfo,
  text: string,
  parameters: readonly unknown[] | undefined,
  below: (...args: never[]) => unknown,
  origin?: Origin,
  through?: object,
  batchSize = 0,
): StatementMessage | undefined {
  let scope = origin === undefined ? state.storage.getStore() : origin.scope
  const { counters } = state
  counters.seen++
  if (driver.onFirstUse !== undefined && !isLoadingAhead()) driver.onFirstUse()
  // for what runs in no scope only: a request pays nothing for it
  const processScope = scope === undefined ? state.processScope : undefined
  if (processScope !== undefined) scope = processScope.current()
  if (scope === undefined) {
    counters.outside++
    // the first ones only: a program without scopes must not pay for a stack at every statement
    if (counters.outside <= 50 && state.outsideSites.size < 3) noteOutsideSite(below)
    return startStray(driver, text, parameters, scope, origin, through, batchSize)
  }
  if (scope.ignoreReason !== undefined) {
    if (isOwnWork(scope)) {
      counters.seen--
      return undefined
    }
    counters.ignored++
    state.ignoredReasons.set(scope.ignoreReason, (state.ignoredReasons.get(scope.ignoreReason) ?? 0) + 1)
    return startStray(driver, text, parameters, scope, origin, through, batchSize)
  }
  if (scope.isClosed) {
    counters.late++
    return startStray(driver, text, parameters, scope, origin, through, batchSize)
  }
  counters.attributed++
  try {
    const message = new StatementMessage(driver, text, parameters, scope)
    message.field = origin === undefined ? (state.field ?? state.fields.getStore()) : origin.field
    message.batchSize = batchSize
    place(message, origin, through)
    processScope?.note(message)
    statementStart.publish(message)
    if (message.needsCallSite) takeCallSite(message, below, origin)
    return message
  } catch (error) {
    reportFailure('statement start', error)
    return undefined
  }
}

/** Where and when the call was made. */
function place(message: StatementMessage, origin: Origin | undefined, through: object | undefined): void {
  message.through = through
  if (origin === undefined) {
    message.context = state.contexts?.active()
  } else {
    message.startedAt = origin.startedAt
    message.context = origin.context
  }
}

let outside: Scope | undefined

/** Starts the message of a statement that is filed nowhere, for those who follow every statement. */
function startStray(
  driver: DriverInfo,
  text: string,
  parameters: readonly unknown[] | undefined,
  scope: Scope | undefined,
  origin: Origin | undefined,
  through: object | undefined,
  batchSize: number,
): StatementMessage | undefined {
  if (!strayStart.hasSubscribers) return undefined
  try {
    outside ??= new Scope({ name: 'outside', kind: 'job', callSites: 'none', isAmbient: true })
    const message = new StatementMessage(driver, text, parameters, scope ?? outside)
    message.isStray = true
    message.batchSize = batchSize
    place(message, origin, through)
    strayStart.publish(message)
    return message
  } catch (error) {
    reportFailure('stray statement', error)
    return undefined
  }
}

function takeCallSite(message: StatementMessage, below: (...args: never[]) => unknown, origin?: Origin): void {
  const operation = origin === undefined ? state.operations.getStore() : origin.operation
  if (operation !== undefined) message.call = operation.call
  if (origin !== undefined) {
    message.callSite = origin.callSite
    message.orm ??= origin.orm
  } else if (operation?.isOutermost !== true) message.callSite = captureCallSite(below, message)
  if (message.callSite !== undefined) {
    if (operation !== undefined) message.callSite = operation.deepen(message.callSite)
    return
  }
  operation?.lend(message)
  message.canBeDeferred = operation === undefined
}

function noteOutsideSite(below: (...args: never[]) => unknown): void {
  const frame = captureCallSite(below)?.frames[0]
  if (frame === undefined) return
  const { file, line } = sourceFrameOf(frame)
  state.outsideSites.add(`${file}:${line}`)
}
