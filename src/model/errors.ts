/** Stable codes of the errors nonplus throws at its user. */
export type ErrorCode =
  | 'ERR_OPTION_INVALID'
  | 'ERR_CONFIG_INVALID'
  | 'ERR_REPORTER_UNKNOWN'
  | 'ERR_KIND_UNKNOWN'
  | 'ERR_DRIVER_UNSUPPORTED'
  | 'ERR_TRACE_INVALID'
  | 'ERR_REPORT_INVALID'
  | 'ERR_COMMAND_FAILED'
  | 'ERR_NOTHING_SEEN'
  | 'ERR_PLAN_UNREADABLE'
  | 'ERR_DATABASE_UNREACHABLE'
  | 'ERR_STATISTICS_INVALID'

/** Wrong use of nonplus: the message says what was expected, what came, and the nearest valid name. */
export class NonplusError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'NonplusError'
    this.code = code
  }
}
