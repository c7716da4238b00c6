/** Longest wait for a server to answer. */
export const CONNECT_TIMEOUT_MS = 5_000

/** Loads a package of the user's project; undefined where it is not installed there. */
export type Load = (name: string) => unknown
