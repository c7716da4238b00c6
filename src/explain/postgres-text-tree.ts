import type { NumberedLine } from './numbered-line.ts'
import { headerFields, isCutHeader, type TextFields } from './postgres-text-header.ts'
import { propertyFields } from './postgres-text-property.ts'
import { isOpen } from './postgres-text-value.ts'
import { mistaken } from './unreadable-plan.ts'

/** A node that is being read. */
interface Reading {
  readonly fields: TextFields
  readonly plans: Reading[]
  readonly line: number
  /** Column of its arrow; the root has none. */
  readonly column: number
  /** `CTE q`, `SubPlan 1`: of the next node below it. */
  subplan: string | undefined
  /** Values of properties as they were read, since a string may go on in the next line. */
  readonly properties: { readonly name: string; value: string; readonly to: TextFields; readonly isNested: boolean }[]
  readonly workers: { readonly number: number; readonly column: number; readonly fields: TextFields }[]
}

/**
 * Reads the lines of a tree, of which the first is its root, as the fields that EXPLAIN (FORMAT JSON) would have printed.
 *
 * @throws NonplusError `ERR_PLAN_UNREADABLE` where it was cut, or a line is none of a plan; it names the line.
 */
export function postgresTextTree(lines: readonly NumberedLine[]): TextFields {
  const [first, ...others] = lines
  if (first === undefined) throw mistaken('a plan of PostgreSQL', 'an empty text')
  const root = nodeOf(first.text, first, -1)
  const open = [root]
  let last = root
  for (const line of others) {
    const column = line.text.search(/\S/)
    const text = line.text.trim()
    const property = last.properties.at(-1)
    if (property !== undefined && isOpen(property.value)) {
      property.value += `\n${line.text}`
      continue
    }
    if (/^-> {1,2}/.test(text)) {
      while (open.length > 1 && (open.at(-1) as Reading).column >= column) open.pop()
      last = childOf(open.at(-1) as Reading, text.replace(/^->\s+/, ''), line, column)
      open.push(last)
    } else if (/^(?:CTE|InitPlan|SubPlan) /.test(text) && !/^\w+ [^:]*: /.test(text)) {
      while (open.length > 1 && (open.at(-1) as Reading).column >= column) open.pop()
      ;(open.at(-1) as Reading).subplan = text
    } else readProperty(last, text, column, line)
  }
  const end = lines.at(-1)?.number ?? 0
  checkWhole(root, last, end)
  return finished(root)
}

function nodeOf(text: string, { number, text: whole }: NumberedLine, column: number): Reading {
  if (isCutHeader(text)) throw cut(`it ends within line ${number}`)
  const fields = headerFields(text)
  if (fields === undefined) throw strange(number, whole)
  return { fields, plans: [], line: number, column, subplan: undefined, properties: [], workers: [] }
}

function childOf(parent: Reading, text: string, line: NumberedLine, column: number): Reading {
  const child = nodeOf(text, line, column)
  Object.assign(child.fields, relationOf(parent))
  parent.subplan = undefined
  parent.plans.push(child)
  return child
}

const MEMBERS = new Set(['Append', 'Merge Append', 'BitmapAnd', 'BitmapOr'])

function relationOf({ fields, plans, subplan }: Reading): TextFields {
  if (subplan !== undefined)
    return { 'Parent Relationship': subplan.startsWith('SubPlan') ? 'SubPlan' : 'InitPlan', 'Subplan Name': subplan }
  const type = String(fields['Node Type'])
  if (MEMBERS.has(type)) return { 'Parent Relationship': 'Member' }
  if (type === 'Subquery Scan') return { 'Parent Relationship': 'Subquery' }
  const others = plans.filter((plan) => /^(?:Outer|Inner)$/.test(String(plan.fields['Parent Relationship'])))
  return { 'Parent Relationship': others.length === 0 ? 'Outer' : 'Inner' }
}

function readProperty(node: Reading, text: string, column: number, line: NumberedLine): void {
  const worker = /^Worker (\d+):\s+(.*)$/.exec(text)
  if (worker !== null) {
    readWorker(node, Number(worker[1]), worker[2] ?? '', column)
    return
  }
  const running = node.workers.at(-1)
  const to = running !== undefined && column > running.column ? running.fields : node.fields
  // Further targets of a ModifyTable stand below it without an arrow.
  if (/^(?:Foreign )?(?:Insert|Update|Delete|Merge) on /.test(text) && node.fields['Node Type'] === 'ModifyTable')
    return
  const [, name, value] = /^([A-Z][^:'"()]*):(?: (.*))?$/s.exec(text) ?? []
  if (name === undefined) throw strange(line.number, line.text)
  const isNested = to === node.fields && node.column >= 0 && column > node.column + 6
  node.properties.push({
    name: name.trim(),
    value: value ?? '',
    to,
    isNested: isNested || (node.column < 0 && column > 2),
  })
}

function readWorker(node: Reading, number: number, text: string, column: number): void {
  const known = node.workers.find((worker) => worker.number === number)
  const fields: TextFields = known?.fields ?? { 'Worker Number': number }
  if (known === undefined) node.workers.push({ number, column, fields })
  const [, start, end, rows, loops] =
    /^actual (?:time=([\d.]+)\.\.([\d.]+) )?rows=([\d.]+) loops=(\d+)/.exec(text) ?? []
  if (loops !== undefined) {
    Object.assign(fields, { 'Actual Rows': Number(rows), 'Actual Loops': Number(loops) })
    if (end !== undefined)
      Object.assign(fields, { 'Actual Startup Time': Number(start), 'Actual Total Time': Number(end) })
    return
  }
  const [, name = '', value = ''] = /^([A-Z][^:]*): (.*)$/.exec(text) ?? []
  if (name !== '') node.properties.push({ name, value, to: fields, isNested: false })
}

function finished(node: Reading): TextFields {
  const { fields, plans, properties, workers } = node
  for (const { name, value, to, isNested } of properties) {
    if (isNested) continue
    Object.assign(to, propertyFields(name, value, to === fields ? fields : { ...to, 'Node Type': fields['Node Type'] }))
  }
  // Of several sets of keys, JSON has none at the node.
  const sets = properties.filter(({ name }) => name === 'Group Key' || name === 'Hash Key')
  if (sets.length > 1 || sets.some(({ name, value }) => name === 'Hash Key' || value === '()')) {
    delete fields['Group Key']
    delete fields['Sort Key']
  }
  if (workers.length > 0) fields.Workers = workers.map((worker) => worker.fields)
  if (plans.length > 0) fields.Plans = plans.map(finished)
  return fields
}

/** Nodes that read from others, and from how many. */
const INPUTS: Readonly<Record<string, number>> = {
  'Nested Loop': 2,
  'Hash Join': 2,
  'Merge Join': 2,
  'Recursive Union': 2,
  BitmapAnd: 2,
  BitmapOr: 2,
  Hash: 1,
  Sort: 1,
  'Incremental Sort': 1,
  Limit: 1,
  Aggregate: 1,
  Group: 1,
  Unique: 1,
  WindowAgg: 1,
  Materialize: 1,
  Memoize: 1,
  Gather: 1,
  'Gather Merge': 1,
  LockRows: 1,
  SetOp: 1,
  ProjectSet: 1,
  ModifyTable: 1,
  'Subquery Scan': 1,
  'Bitmap Heap Scan': 1,
}

function checkWhole(node: Reading, last: Reading, end: number): void {
  const property = last.properties.at(-1)
  if (property !== undefined && isOpen(property.value)) throw cut(`it ends at line ${end}, within ${property.name}`)
  const type = String(node.fields['Node Type'])
  const wanted = Object.hasOwn(INPUTS, type) ? (INPUTS[type] ?? 0) : 0
  const given = node.plans.filter(
    ({ fields }) => !/InitPlan|SubPlan/.test(String(fields['Parent Relationship'])),
  ).length
  if (given < wanted || node.subplan !== undefined)
    throw cut(`what the ${type} of line ${node.line} reads is not there; the last line of the plan is ${end}`)
  for (const plan of node.plans) checkWhole(plan, last, end)
}

function cut(how: string): Error {
  return mistaken('a plan of PostgreSQL', `a text that was cut: ${how}`)
}

/** Shown up to the first that may be a value. */
function strange(line: number, text: string): Error {
  const shown = text
    .trim()
    .replace(/['"(=\d].*$/s, '…')
    .slice(0, 40)
  return mistaken('a plan of PostgreSQL', `\`${shown}\` in line ${line}, which is no line of one`)
}
