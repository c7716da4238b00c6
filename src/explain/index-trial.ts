import type { Plan, VerifiedBy } from '../model/plan.ts'
import type { IndexCandidate } from './index-candidate.ts'
import type { ExplainRequest } from './request.ts'

/** What came of planning a statement with indexes that are not there. */
export interface TrialOutcome {
  /** Of the whole statement. */
  readonly cost: number
  /** How the plan uses them, index by index. */
  readonly uses: readonly IndexUse[]
}

/** `partly` where rows that the index gives are thrown away by a filter. */
export type IndexUse = 'none' | 'partly' | 'fully'

/** A place where indexes can be tried. Whatever is tried there leaves nothing behind. */
export interface IndexTrial {
  readonly by: VerifiedBy
  /** The statement's cost there, with the indexes that there are. */
  readonly costBefore: number
  /** Whether an index of this kind can be tried here. */
  supports(candidate: IndexCandidate): boolean
  /** Plans the statement with these indexes; undefined where one of them could not be made. */
  planWith(candidates: readonly IndexCandidate[]): Promise<TrialOutcome | undefined>
  /** Plan of this or of another statement with these indexes, with literals; undefined where that cannot be told. */
  planOf?(candidates: readonly IndexCandidate[], request: ExplainRequest): Promise<Plan | undefined>
  /** Estimated bytes of an index; undefined where that cannot be told. */
  bytesOf(candidate: IndexCandidate): Promise<number | undefined>
  /** Part of a table's rows that fulfils a condition, 0 to 1; undefined where that cannot be told. */
  shareOf?(candidate: IndexCandidate): Promise<number | undefined>
  close(): Promise<void>
}
