/** Longest time that planning, and executing, may take unless the request says another. Two seconds are much for a plan. */
export const DEFAULT_TIMEOUT_MS = 2_000

/** Longest wait for a lock that somebody else holds. A plan is not worth standing in the way of a migration. */
export const LOCK_TIMEOUT_MS = 100

/** What is given to a server beyond its own timeout before its connection is closed. */
export const GRACE_MS = 1_500

/** Estimated cost above which PostgreSQL does not execute a statement for its plan: some seconds on today's machines. */
export const MOST_COST = 1_000_000
