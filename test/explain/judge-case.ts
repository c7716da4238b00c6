import type { Finding, FindingKind, PlanFinding } from '../../src/model/finding.ts'
import type { ExplainCase } from './read-case.ts'

/** What was found about a case, in the two modes: planned only, and executed. */
export interface Stage {
  readonly plan: readonly Finding[]
  /** Absent where the statement must not be executed. */
  readonly analyze?: readonly Finding[]
}

/** What was found before the cure, and with it. */
export interface CaseResult {
  readonly before: Stage
  readonly after?: Stage
  /** False where this server cannot show the fact, as one without JIT. */
  readonly canShow: boolean
}

/** The kinds that a rule of the cases may be found as. */
const kinds: Readonly<Record<string, readonly FindingKind[]>> = {
  'seq-scan-filter': ['missing-index', 'dml-full-scan'],
  'full-scan': ['missing-index'],
  'dml-full-scan': ['dml-full-scan', 'missing-index'],
  'wrong-index-order-by-limit': ['wrong-index-order-limit'],
  'disk-sort': ['disk-spill'],
  filesort: ['missing-index'],
  'temp-btree': ['missing-index'],
  'mis-estimate': ['mis-estimate'],
  'stale-stats': ['stale-statistics'],
  'large-offset': ['large-offset'],
  'non-sargable': ['non-sargable'],
  'implicit-cast': ['non-sargable'],
  'leading-wildcard': ['leading-wildcard'],
  'subplan-loops': ['subplan-per-row'],
  'dependent-subquery': ['subplan-per-row'],
  'jit-overhead': ['jit-overhead'],
  'parameter-sensitive-plan': ['parameter-sensitive-plan'],
  'cartesian-product': ['cartesian-join'],
  'or-full-scan': ['or-across-columns'],
}

/** Where the cure is an index: its columns in order, as the advice has to have them. */
const cures: Readonly<Record<string, readonly string[]>> = {
  pg01: ['customer_id'],
  pg02: ['customer_id,created_at'],
  pg04: ['status,created_at'],
  // or more memory
  pg05: ['total,note', ''],
  pg11: ['lower(email)'],
  pg13: ['email gin_trgm_ops'],
  // or another statement
  pg15: ['customer_id', ''],
  pg25: ['status,created_at'],
  my01: ['customer_id'],
  my02: ['status,created_at'],
  my05: ['customer_id', ''],
  my10: ['note'],
  sl01: ['customer_id'],
  sl02: ['status,created_at'],
  sl04: ['customer_id', ''],
  sl05: ['total', 'customer_id'],
}

/** What only an execution shows: from the plan alone it may be a suspicion, or nothing. */
const shownByExecution = new Set(['pg04', 'pg05', 'pg07', 'pg08', 'pg18'])

/** What is wrong with the findings of a case, a line each; empty where it is passed. */
export function judgeCase(given: ExplainCase, { before, after, canShow }: CaseResult): string[] {
  const stages = [
    ['plan', before.plan],
    ['analyze', before.analyze],
  ] as const
  if (given.isNegative) {
    return stages.flatMap(([mode, found = []]) => found.map((finding) => `${mode}: false alarm ${shown(finding)}`))
  }
  const isHidden = !canShow
  return [
    ...stages.flatMap(([mode, found]) => {
      if (found === undefined) return []
      const isExcused = isHidden || (mode === 'plan' && shownByExecution.has(given.short))
      return judgeFound(given, found, isExcused).map((what) => `${mode}: ${what}`)
    }),
    ...firmness(given, before.analyze, isHidden),
    ...[after?.plan, after?.analyze].flatMap((found, index) =>
      leftOver(given, found ?? []).map((what) => `${index === 0 ? 'plan' : 'analyze'}, cured: ${what}`),
    ),
  ]
}

/** Whether it is found, by the rule and with the names that are expected. */
export function isFound(given: ExplainCase, findings: readonly Finding[]): boolean {
  return ofRule(given, findings).some((finding) => misnamed(given, finding).length === 0)
}

function judgeFound(given: ExplainCase, findings: readonly Finding[], isExcused: boolean): string[] {
  const right = ofRule(given, findings)
  const others = findings.filter((finding) => !right.includes(finding as PlanFinding))
  const contradictions = others.flatMap((finding) => contradictionOf(given, finding))
  if (right.length === 0) return isExcused ? contradictions : [`not found${beside(others)}`, ...contradictions]
  const faults = right.map((finding) => misnamed(given, finding))
  return [...(faults.some(({ length }) => length === 0) ? [] : (faults[0] ?? [])), ...contradictions]
}

function ofRule({ expect }: ExplainCase, findings: readonly Finding[]): PlanFinding[] {
  const allowed = kinds[expect.rule ?? ''] ?? []
  return findings.filter((finding): finding is PlanFinding => 'plan' in finding && allowed.includes(finding.kind))
}

/** Names that are not those of the case. */
function misnamed({ short, expect }: ExplainCase, finding: PlanFinding): string[] {
  const { table, columns = [], index, expression } = finding.plan
  const same = (a: string | undefined, b: string): boolean => normal(a ?? '') === normal(b)
  const wanted = expect.columns ?? expect.column
  const named = columns.join(',')
  const isUnordered = expect.rule === 'mis-estimate'
  const sorted = (text: string): string => text.split(',').sort().join(',')
  const isOtherNames =
    wanted !== undefined && !(isUnordered ? same(sorted(named), sorted(wanted)) : same(named, wanted))
  const cure = cures[short]
  const advised = indexesIn(finding)
  return [
    ...(expect.table === undefined || same(table?.split('.').at(-1), expect.table) ? [] : [`table ${table}`]),
    ...(isOtherNames ? [`columns ${named}`] : []),
    ...(expect.index === undefined || same(index, expect.index) ? [] : [`index ${index}`]),
    ...(expect.expr === undefined || same(expression, expect.expr) ? [] : [`expression ${expression}`]),
    ...(cure === undefined || cure.some((one) => (one === '' ? true : advised.some((text) => same(text, one))))
      ? []
      : [`advice ${advised.join(' and ') || finding.advice.summary}`]),
  ].map((what) => `${finding.kind} names ${what}`)
}

/** Columns of the indexes that an advice makes. */
function indexesIn({ advice }: Finding): string[] {
  return (advice.ddl ?? []).flatMap((ddl) => {
    if (!/\bindex\b/i.test(ddl)) return []
    const open = ddl.indexOf('(')
    return open === -1 ? [] : [balanced(ddl.slice(open))]
  })
}

function balanced(text: string): string {
  let depth = 0
  for (const [at, character] of [...text].entries()) {
    if (character === '(') depth++
    if (character === ')' && --depth === 0) return text.slice(1, at)
  }
  return text
}

function normal(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/["`\s]/g, '')
    .replaceAll(/::\w+|desc|asc/g, '')
    .replaceAll(/^\((.*)\)$/g, '$1')
    .replace(/^\((lower\(\w+\))\)$/, '$1')
}

/** An index that another finding advises, and that is no cure here. */
function contradictionOf({ short }: ExplainCase, finding: Finding): string[] {
  const cure = cures[short] ?? []
  return indexesIn(finding)
    .filter((columns) => !cure.some((one) => one !== '' && normal(columns).startsWith(normal(one).split(',')[0] ?? '')))
    .map((columns) => `${finding.kind} advises an index that does not help: ${columns}`)
}

function firmness(given: ExplainCase, findings: readonly Finding[] | undefined, isHidden: boolean): string[] {
  if (findings === undefined || isHidden) return []
  const right = ofRule(given, findings)
  const isFirm = right.some(({ confidence }) => confidence !== 'candidate')
  return right.length === 0 || isFirm ? [] : ['analyze: still a suspicion']
}

/** With the cure, the finding is gone; and where the cure was an index, no other one is advised. */
function leftOver(given: ExplainCase, findings: readonly Finding[]): string[] {
  const hasIndex = given.fix.some((statement) => /\bindex\b/i.test(statement))
  return findings
    .filter((finding) => ofRule(given, [finding]).length > 0 || (hasIndex && indexesIn(finding).length > 0))
    .map(shown)
}

function shown(finding: Finding): string {
  const { kind, confidence, title, advice } = finding
  return `${kind} (${confidence}) ${title} → ${advice.ddl?.join('; ') ?? advice.summary}`
}

function beside(others: readonly Finding[]): string {
  return others.length === 0
    ? ''
    : `, but ${others.map(({ kind, confidence }) => `${kind} (${confidence})`).join(', ')}`
}
