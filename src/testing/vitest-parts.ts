/** What the entries for Vitest share with those for other runners; the build has them take it from CommonJS. */
export { CallerError } from './caller-error.ts'
export { type Matcher, type MatcherContext, matchers } from './matchers.ts'
export { querySnapshot } from './query-snapshot.ts'
export { flushSuite, inTestScope, startSuite } from './suite.ts'
