import { type Channel, channel } from 'node:diagnostics_channel'
import { reportFailure, state } from './state.ts'

/**
 * The seam between drivers and everything else: instrumentations publish here, the recorder subscribes.
 * Channels are shared by name, so that several copies of nonplus in one process still meet.
 */

/** A statement is about to be handed to the driver. Message: `StatementMessage`, still without an outcome. */
export const statementStart: Channel = channel(`nonplus:statement:start${state.realm}`)

/** The same `StatementMessage`, with duration, rows or error. */
export const statementEnd: Channel = channel(`nonplus:statement:end${state.realm}`)

/**
 * A statement that is filed nowhere: sent outside any scope, after its scope had closed, or inside `ignore()`. Message:
 * `StatementMessage`. Published only while somebody listens; {@link strayEnd} follows.
 */
export const strayStart: Channel = channel(`nonplus:stray:start${state.realm}`)

/** The same `StatementMessage`, with duration, rows or error. */
export const strayEnd: Channel = channel(`nonplus:stray:end${state.realm}`)

/** A scope has closed. Message: `Scope`. */
export const scopeEnd: Channel = channel(`nonplus:scope:end${state.realm}`)

/** A scope becomes part of an earlier one, and never closes itself. Message: `ScopeMerge`. */
export const scopeMerge: Channel = channel(`nonplus:scope:merge${state.realm}`)

/**
 * Listens on a channel. Node makes an uncaught exception of the host out of what a subscriber throws, so nothing may
 * leave it: an error is caught and counted.
 *
 * @returns the way to stop that.
 */
export function subscribeGuarded<Message>(to: Channel, listener: (message: Message) => void): () => void {
  const guarded = (message: unknown): void => {
    try {
      listener(message as Message)
    } catch (error) {
      reportFailure(String(to.name), error)
    }
  }
  to.subscribe(guarded)
  const stop = (): void => {
    to.unsubscribe(guarded)
    state.subscriptions.delete(stop)
  }
  state.subscriptions.add(stop)
  return stop
}
