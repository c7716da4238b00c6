import type { PlanNode } from '../model/plan.ts'

/** A node that was read but not yet numbered, and whose own part was not yet worked out. */
export interface PlanDraft extends Omit<PlanNode, 'id' | 'self' | 'children'> {
  readonly children: readonly PlanDraft[]
  /** Where the engine says what the node alone costs, over all loops. */
  readonly ownCost?: number
  /** How often it is expected to run, where that is worked out while it is read. */
  readonly runs?: number
  /** Milliseconds over all loops, where the engine says what the node alone took. */
  readonly ownTime?: number
  /** Milliseconds over all loops, children included, where it says that. */
  readonly wholeTime?: number
  /** Milliseconds on the clock that a node shared by workers took: those of the one that took longest. */
  readonly clockTime?: number
  /** Rows of the join that reads this table as its inner side, over all loops, where they are said beside the table. */
  readonly joinedRows?: number
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

/** The tree made anew from its leaves upwards. */
export function mapDrafts(draft: PlanDraft, change: (draft: PlanDraft) => PlanDraft): PlanDraft {
  return change({ ...draft, children: draft.children.map((child) => mapDrafts(child, change)) })
}

/** Fills in {@link PlanDraft.actualTotalTime} from what each node took for itself. */
export function withTimes(root: PlanDraft): PlanDraft {
  const wholes = new Map<PlanDraft, number>()
  return mapDrafts(root, (draft) => {
    const below = draft.children.reduce((sum, child) => sum + (wholes.get(child) ?? 0), 0)
    const whole = Math.max(draft.wholeTime ?? 0, (draft.ownTime ?? 0) + below)
    const timed = draft.loops === undefined ? draft : { ...draft, actualTotalTime: whole / Math.max(1, draft.loops) }
    wholes.set(timed, whole)
    return timed
  })
}

/** Fills in {@link PlanDraft.totalCost}, of one run, from what each node costs for itself over all its runs. */
export function withCosts(root: PlanDraft, costUnit: NonNullable<PlanDraft['costUnit']>): PlanDraft {
  const wholes = new Map<PlanDraft, number>()
  return mapDrafts(root, (draft) => {
    const costs = [draft.ownCost, ...draft.children.map((child) => wholes.get(child))].filter(
      (cost) => cost !== undefined,
    )
    if (costs.length === 0) return draft
    const whole = costs.reduce((sum, cost) => sum + cost, 0)
    const priced = { ...draft, totalCost: whole / Math.max(1, draft.runs ?? draft.loops ?? 1), costUnit }
    wholes.set(priced, whole)
    return priced
  })
}
