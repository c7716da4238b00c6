import type { DiffReporter } from './diff-words.ts'
import { escapeControls, roundDurations } from './json-text.ts'
import { relativePath } from './relative-path.ts'
import { nodesPerPlan, trimPlan } from './trim-plan.ts'

/** Version 1 of the comparison, for machines; `schema/diff.json` describes it. */
export const diffJson: DiffReporter = (diff, { cwd }) => {
  const scopes = diff.scopes.map(({ findings, ...scope }) => ({
    ...scope,
    findings: findings.map(({ callSite, ...finding }) => ({
      ...finding,
      ...(callSite === undefined ? {} : { callSite: { ...callSite, file: relativePath(callSite.file, cwd) } }),
    })),
  }))
  const maxNodes = nodesPerPlan((diff.plans?.length ?? 0) * 2)
  const plans = diff.plans?.map((plan) => ({
    ...plan,
    before: trimPlan(plan.before, maxNodes, plan.node.before),
    after: trimPlan(plan.after, maxNodes, plan.node.after),
  }))
  const all = { ...diff, scopes, ...(plans === undefined ? {} : { plans }) }
  return `${escapeControls(JSON.stringify(all, roundDurations, 2))}\n`
}
