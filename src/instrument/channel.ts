import { type Channel, channel } from 'node:diagnostics_channel'

/**
 * The seam between drivers and everything else: instrumentations publish here, the recorder subscribes.
 * Channels are shared by name, so that several copies of nonplus in one process still meet.
 */

/** A statement is about to be handed to the driver. Message: `StatementMessage`, still without an outcome. */
export const statementStart: Channel = channel('nonplus:statement:start')

/** The same `StatementMessage`, with duration, rows or error. */
export const statementEnd: Channel = channel('nonplus:statement:end')

/** A scope has closed. Message: `Scope`. */
export const scopeEnd: Channel = channel('nonplus:scope:end')
