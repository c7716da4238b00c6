import type { Engine, Plan } from '../model/plan.ts'

/** What is known of a plan beside its text. */
export interface PlanOrigin {
  readonly serverVersion?: string
  /** Default: `analyze` where it has actual rows, else `plan`. */
  readonly mode?: Plan['mode']
}

/** What is known of a plan that is to be recognised. */
export interface PlanReading extends PlanOrigin {
  /** Default: whose plan it looks like. */
  readonly engine?: Engine
}
