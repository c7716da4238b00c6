import type { FindingParent, Growth, NPlusOneFinding, Severity } from '../model/finding.ts'
import { identityOf } from '../model/identity.ts'
import type { Execution, Frame, Trace } from '../model/trace.ts'
import { batchedRewriteOf } from '../sql/batch-rewrite.ts'
import { defineDetector } from './detector.ts'
import { durationOf, type Loop, loopOf, mergeCompanions } from './loop.ts'
import { alternativesWords, loopAlternatives } from './loop-alternatives.ts'
import { loopPlaceOf, parentPlaceOf } from './loop-place.ts'
import { adviceFor, explain, titleOf } from './n-plus-one-words.ts'
import { ormCallFor, type Related } from './orm-call.ts'
import { ColumnIndex, type Lookup, type Provenance } from './provenance.ts'
import { areConcurrent, repetitionsOf } from './repetition.ts'
import { singleRowLoops } from './single-row.ts'
import { fieldsOf, operationOf, relativePath, statementFor } from './subject.ts'

/** A statement that runs once per row of another one. */
export const nPlusOne = defineDetector({
  kind: 'n-plus-one',
  summary: 'A statement that runs once per row of another one.',
  defaults: {
    /**
     * Executions with distinct keys that make a finding without a proof. 5, as Sentry, AppMap and perf-sentinel use:
     * fewer are often a handful of named look-ups. With a proof two are enough, since they grow with the rows.
     */
    threshold: 5,
  },
  detect(trace, { threshold }): NPlusOneFinding[] {
    const columns = new ColumnIndex(trace)
    const repetitions = repetitionsOf(trace)
    const loops = repetitions.flatMap((repetition) => loopOf(trace, repetition, repetitions, columns, threshold) ?? [])
    const single = singleRowLoops(trace, repetitions, columns)
    return [...mergeCompanions(loops), ...single].map((loop) => findingOf(trace, loop, loops))
  },
})

function findingOf(trace: Trace, loop: Loop, loops: readonly Loop[]): NPlusOneFinding {
  const { repetition, lookup, provenance, confidence, count, distinct, companions } = loop
  const statement = statementFor(trace, repetition.statement)
  const [callSite] = repetition.frames
  const parent = provenance === undefined ? undefined : parentOf(trace, loop, provenance, loops, new Set([loop]))
  const place = provenance === undefined ? undefined : loopPlaceOf(trace, repetition.frames, provenance.executions)
  const concurrent =
    areConcurrent(lookup.executions) ||
    lookup.executions.every(({ callSite }) => callSite !== undefined && trace.callSites[callSite]?.concurrent === true)
  const fields = fieldsOf(lookup.executions)
  const operation = operationOf(lookup.executions)
  const isWalk = provenance?.statement === repetition.statement
  const rewrite = isWalk ? undefined : batchedRewriteOf(statement.text, trace.dialect, lookup.slots[0] ?? 0)
  const keys = keyColumnsOf(trace, lookup)
  const sender = lookup.executions.find(({ orm }) => orm !== undefined)?.orm
  const orm = ormCallFor(sender, relatedOf(trace, loop, parent), parent)
  const alternatives = loopAlternatives(trace, loop)
  const facts = {
    statement,
    count,
    distinct,
    parent,
    concurrent,
    confidence,
    keys,
    root: trace.root,
    fields,
    operation,
    spanPath: repetition.spanPath,
    calls: lookup.executions.reduce((sum, { operations }) => sum + (operations?.count ?? 1), 0),
  }
  return {
    kind: 'n-plus-one',
    confidence,
    severity: severityOf(loop),
    identity: identityOf('n-plus-one', [
      statement.fingerprint,
      ...placeKey(trace, callSite),
      ...placeKey(trace, place),
      ...(repetition.spanPath ?? []),
    ]),
    scope: { id: trace.scope.id, name: trace.scope.name },
    title: titleOf(facts),
    explanation: `${explain(facts)}${alternatives === undefined ? '' : alternativesWords(alternatives)}`,
    docs: 'nonplus/src/detectors/n-plus-one.md',
    ...(callSite === undefined ? {} : { callSite }),
    frames: repetition.frames,
    ...(fields.length === 0 ? {} : { fields }),
    ...(operation === undefined ? {} : { operation }),
    ...(place === undefined ? {} : { loop: place }),
    statement,
    count,
    distinctParameters: distinct,
    durationMs: durationOf(loop),
    rows: rowsOf(lookup.executions) + repetition.folded.reduce((sum, { rows }) => sum + rows, 0),
    concurrent,
    ...(parent === undefined ? {} : { parent, growth: growthOf(count, parent) }),
    ...(alternatives === undefined ? {} : { alternatives: alternatives.times }),
    ...(companions.length === 0
      ? {}
      : {
          companions: companions.map((companion) => ({
            statement: statementFor(trace, companion.repetition.statement),
            count: companion.count,
          })),
        }),
    advice: {
      summary: adviceFor(facts),
      ...(rewrite === undefined ? {} : { rewrite: { text: rewrite, verified: false } }),
      ...(orm === undefined ? {} : { orm }),
    },
    executions: [loop, ...companions].flatMap((each) => each.lookup.executions.map(({ id }) => id)),
  }
}

/** What is related to the parent: an ORM may read the parent's own row again before it reads what belongs to it. */
function relatedOf(trace: Trace, loop: Loop, parent: FindingParent | undefined): Related {
  const candidates = [loop, ...loop.companions].map(({ lookup }) => ({
    statement: statementFor(trace, lookup.statement),
    key: keyColumnsOf(trace, lookup)[0],
  }))
  const isOther = ({ statement }: Related): boolean => statement.tables[0] !== parent?.summary.split(' ')[1]
  return candidates.find(isOther) ?? (candidates[0] as Related)
}

/** File and function, not the line: with the loop's own, so that two loops over one helper are two findings. */
function placeKey({ root }: Trace, frame: Frame | undefined): string[] {
  return frame === undefined ? [] : [relativePath(root, frame.file), frame.function]
}

function severityOf({ confidence, count, distinct }: Loop): Severity {
  if (count === 1 || (confidence === 'candidate' && distinct === 0)) return 'info'
  return confidence === 'proven' ? 'error' : 'warning'
}

function keyColumnsOf(trace: Trace, lookup: Lookup): string[] {
  const slots = trace.statements[lookup.statement]?.slots ?? []
  return lookup.slots.map((slot) => slots[slot]?.column ?? '').filter((column) => column !== '')
}

/** The query that was looped over, and, where it runs in a loop itself, the one above it. */
function parentOf(
  trace: Trace,
  loop: Loop,
  provenance: Provenance,
  loops: readonly Loop[],
  seen: Set<Loop>,
): FindingParent {
  const { statement, column, rows, executions, coverage } = provenance
  const { fingerprint, summary } = statementFor(trace, statement)
  const callSite = parentPlaceOf(trace, loop.repetition.frames, executions)
  const outer = loops.find((loop) => loop.repetition.statement === statement && !seen.has(loop))
  if (outer !== undefined) seen.add(outer)
  const grandparent =
    outer?.provenance === undefined ? undefined : parentOf(trace, outer, outer.provenance, loops, seen)
  return {
    fingerprint,
    summary,
    column,
    rows,
    executions: executions.length,
    coverage: Math.round(coverage * 1000) / 1000,
    ...(callSite === undefined ? {} : { callSite }),
    ...(grandparent === undefined ? {} : { parent: grandparent }),
  }
}

function growthOf(count: number, { rows, executions }: FindingParent): Growth {
  return { perParentRow: Math.round((count / Math.max(1, rows)) * 100) / 100, constant: executions }
}

function rowsOf(executions: readonly Execution[]): number {
  return executions.reduce((sum, { rows }) => sum + (rows ?? 0), 0)
}
