import type { PlanNode } from '../model/plan.ts'

/** A node that was read but not yet numbered, and whose own part was not yet worked out. */
export interface PlanDraft extends Omit<PlanNode, 'id' | 'self' | 'children'> {
  readonly children: readonly PlanDraft[]
  /** Where the engine says what the node alone costs, over all loops. */
  readonly ownCost?: number
  /**
   * Texts in which the engine names a subplan that the node runs: its time is part of this node's, wherever in the tree the
   * subplan is printed.
   */
  readonly mentions?: readonly string[]
}

/** Every draft below one, itself first. */
export function draftsOf(draft: PlanDraft): PlanDraft[] {
  return [draft, ...draft.children.flatMap(draftsOf)]
}
