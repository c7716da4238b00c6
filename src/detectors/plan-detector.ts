import type { Advice, Confidence, Finding, PlanEvidence, PlanFindingOf, PlanKind, Severity } from '../model/finding.ts'
import { identityOf } from '../model/identity.ts'
import { type ExplainedStatement, nodesOf, type Plan, type PlanNode, type VerifiedIndex } from '../model/plan.ts'
import type { Statement } from '../model/statement.ts'
import type { Execution, Trace, ValueInfo } from '../model/trace.ts'
import { type Detector, defineDetector } from './detector.ts'
import { areConcurrent } from './repetition.ts'
import { fieldsOf, operationOf, relativePath, statementFor } from './subject.ts'

/** What a plan detector says of one node; the rest of the finding is the same for all kinds. */
export interface PlanClaim {
  readonly plan: Plan
  /** The guilty node. */
  readonly node: PlanNode
  /** `proven` by actual rows, the catalog or a verified index; `likely` by the plan; `candidate` is a suspicion. */
  readonly confidence: Confidence
  readonly evidence: PlanEvidence
  /** One line with the numbers, without the scope: `orders is read whole for customer_id: 200,000 rows for 20`. */
  readonly title: string
  readonly explanation: string
  readonly advice: Advice
  readonly table?: string
  readonly columns?: readonly string[]
  readonly index?: string
  readonly expression?: string
  readonly verified?: VerifiedIndex
  /** Default: that of the node's own part and all below it. */
  readonly share?: number
  /** Where the time says little: what locks all rows, or multiplies two tables, is an error however fast it is today. */
  readonly severity?: Severity
}

/** Everything a plan detector may look at. */
export interface PlanSubject extends ExplainedStatement {
  readonly shape: Statement
  /** Its text, with literals replaced. */
  readonly text: string
  /** Executions of this scope that are listed. */
  readonly executions: readonly Execution[]
  /** What is kept of the values of its parameters, by token. */
  readonly values: readonly ValueInfo[]
}

interface PlanDetectorParts<Kind extends PlanKind, Options extends object> {
  readonly kind: Kind
  readonly summary: string
  readonly defaults: Options
  /** Pure, as {@link Detector.detect}; called once per explained statement of a scope. */
  judge(subject: PlanSubject, options: Options): PlanClaim[]
}

/** Declares a detector that looks at plans: it judges one statement at a time. */
export function definePlanDetector<Kind extends PlanKind, Options extends object>({
  kind,
  summary,
  defaults,
  judge,
}: PlanDetectorParts<Kind, Options>): Detector<Kind, Options> {
  return defineDetector({
    kind,
    summary,
    defaults,
    detect(trace, options) {
      const findings = (trace.plans ?? []).flatMap((explained) => {
        const subject = subjectOf(trace, explained)
        return subject === undefined
          ? []
          : judge(subject, options).map((claim) => findingOf(kind, trace, subject, claim))
      })
      return findings as unknown as Extract<Finding, { kind: Kind }>[]
    },
  })
}

/** What is known of an explained statement, beside its plans; undefined where there are none. */
export function subjectOf(trace: Trace, explained: ExplainedStatement): PlanSubject | undefined {
  const shape = trace.statements[explained.statement]
  if (shape === undefined || explained.plans.length === 0) return undefined
  const executions = trace.executions.filter(({ statement }) => statement === explained.statement)
  return { ...explained, shape, text: trace.texts[explained.statement] ?? '', executions, values: trace.values }
}

/** Part of a plan's time, or of its cost, that a node and all below it take; 0 to 1. */
export function shareOf({ root }: Plan, node: PlanNode): number {
  return partOf(sumOf(node, 'timeMs'), sumOf(root, 'timeMs')) ?? partOf(sumOf(node, 'cost'), sumOf(root, 'cost')) ?? 1
}

/** Of own parts: what engines print counts one loop, and that of all workers where there are some. */
function sumOf(node: PlanNode, part: 'timeMs' | 'cost'): number | undefined {
  const parts = nodesOf(node).flatMap(({ self }) => self[part] ?? [])
  return parts.length === 0 ? undefined : parts.reduce((sum, one) => sum + one, 0)
}

function partOf(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined || whole <= 0 ? undefined : Math.min(1, Math.max(0, part / whole))
}

function findingOf<Kind extends PlanKind>(
  kind: Kind,
  trace: Trace,
  subject: PlanSubject,
  claim: PlanClaim,
): PlanFindingOf<Kind> {
  const { executions } = subject
  const statement = statementFor(trace, subject.statement)
  const slowest = [...executions].sort((a, b) => b.durationMs - a.durationMs)[0]
  const frames = slowest?.callSite === undefined ? [] : (trace.callSites[slowest.callSite]?.frames ?? [])
  const [callSite] = frames
  const fields = fieldsOf(executions)
  const operation = operationOf(executions)
  const folded = trace.folded.filter((sums) => sums.statement === subject.statement)
  const durationMs =
    executions.reduce((sum, execution) => sum + Math.max(0, execution.durationMs), 0) +
    folded.reduce((sum, sums) => sum + sums.durationMs, 0)
  const share = claim.share ?? shareOf(claim.plan, claim.node)
  const { plan, node, table, columns, index, expression, verified, evidence } = claim
  const subjectParts = [table ?? '', (columns ?? []).join(','), index ?? '', expression ?? '']
  return {
    kind,
    confidence: claim.confidence,
    severity: claim.severity ?? severityOf(durationMs * share, trace.scope.durationMs),
    identity: identityOf(kind, [
      statement.fingerprint,
      relativePath(trace.root, callSite?.file),
      callSite?.function ?? '',
      ...subjectParts,
    ]),
    scope: { id: trace.scope.id, name: trace.scope.name },
    title: claim.title,
    explanation: claim.explanation,
    docs: `nonplus/src/detectors/${kind}.md`,
    ...(callSite === undefined ? {} : { callSite }),
    frames,
    ...(fields.length === 0 ? {} : { fields }),
    ...(operation === undefined ? {} : { operation }),
    statement,
    count: executions.length + folded.reduce((sum, { count }) => sum + count, 0),
    durationMs,
    rows: executions.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
    concurrent: areConcurrent(executions),
    advice: claim.advice,
    executions: executions.map(({ id }) => id),
    plan: {
      engine: plan.engine,
      evidence,
      plan,
      node: node.id,
      ...(table === undefined ? {} : { table }),
      ...(columns === undefined ? {} : { columns }),
      ...(index === undefined ? {} : { index }),
      ...(expression === undefined ? {} : { expression }),
      share,
      impactMs: durationMs * share,
      ...(verified === undefined ? {} : { verified }),
    },
  }
}

/**
 * By what it costs here: from half of the scope's time, or a second, an error; from a twentieth a warning. Where nothing
 * was timed, as for a statement that was only explained, a warning.
 */
function severityOf(impactMs: number, scopeMs: number): Severity {
  if (impactMs <= 0 || scopeMs <= 0) return 'warning'
  if (impactMs >= 1_000 || impactMs >= scopeMs * 0.5) return 'error'
  return impactMs >= scopeMs * 0.05 ? 'warning' : 'info'
}
