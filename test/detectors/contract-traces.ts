import type { FindingKind } from '../../src/model/finding.ts'
import type { Trace } from '../../src/model/trace.ts'

/** For kinds that find nothing in an ordinary scope, since they look at plans: a scope with something for each. */
export const contractTraces: { readonly [Kind in FindingKind]?: () => Trace } = {}
