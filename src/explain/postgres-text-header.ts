import { unquoted } from './postgres-text-value.ts'

/** Fields of a node, under the names that EXPLAIN (FORMAT JSON) gives them. */
export type TextFields = Record<string, unknown>

const NUMBERS = new RegExp(
  String.raw`(?:\s+\(cost=([\d.]+)\.\.([\d.]+) rows=(\d+) width=(\d+)\))?` +
    String.raw`(?:\s+\((?:actual (?:time=([\d.]+)\.\.([\d.]+) )?rows=([\d.]+) loops=(\d+)|(never executed))\))?\s*$`,
)

/** True where a line holds the estimates or the actual numbers of a node, whole or cut. */
export function hasNumbers(line: string): boolean {
  return /\s\((?:cost=\d|actual (?:time|rows)=\d|never executed\)$)/.test(line)
}

/** True where the numbers of a node break off. */
export function isCutHeader(line: string): boolean {
  return (
    / {2}\((?:cost|actual|never)[^)]*$/.test(line) ||
    / {2}\((?:c|co|cos|a|ac|act|actu|actua|n|ne|nev|neve)?$/.test(line)
  )
}

/**
 * The line of a node: `Index Scan using orders_pkey on public.orders o  (cost=0.29..8.31 rows=1 width=20)`; undefined
 * where what it says of a node is none that PostgreSQL has, and it has no numbers either.
 */
export function headerFields(line: string): TextFields | undefined {
  const match = NUMBERS.exec(line)
  const label = line.slice(0, match?.index ?? line.length).trim()
  const node = labelFields(label)
  const [, startup, total, rows, width, startMs, endMs, actualRows, loops, never] = match ?? []
  const hasAny = rows !== undefined || loops !== undefined || never !== undefined
  if (label === '' || (!hasAny && !isKnown(node))) return undefined
  const fields: TextFields = { ...node }
  const put = (name: string, text: string | undefined): void => {
    if (text !== undefined) fields[name] = Number(text)
  }
  put('Startup Cost', startup)
  put('Total Cost', total)
  put('Plan Rows', rows)
  put('Plan Width', width)
  put('Actual Startup Time', startMs)
  put('Actual Total Time', endMs)
  put('Actual Rows', never === undefined ? actualRows : '0')
  put('Actual Loops', never === undefined ? loops : '0')
  return fields
}

const JOINS = /^(Nested Loop|Hash|Merge)(?: (Left|Right|Full|Semi|Anti|Right Semi|Right Anti))?(?: Join)?$/
const PLAIN = new Set(
  `Result;ProjectSet;Append;Merge Append;Recursive Union;BitmapAnd;BitmapOr;Gather;Gather Merge;Materialize;Memoize;Sort;
  Incremental Sort;Group;WindowAgg;Unique;LockRows;Limit;Hash;Subquery Scan;Function Scan;Table Function Scan;Values Scan;
  CTE Scan;WorkTable Scan;Named Tuplestore Scan;Foreign Scan;Custom Scan;Seq Scan;Sample Scan;Index Scan;Index Only Scan;
  Bitmap Heap Scan;Bitmap Index Scan;Tid Scan;Tid Range Scan;ModifyTable;Aggregate;SetOp;Nested Loop;Hash Join;Merge Join`
    .split(';')
    .map((name) => name.trim()),
)

function isKnown(fields: TextFields): boolean {
  return PLAIN.has(String(fields['Node Type']))
}

function labelFields(given: string): TextFields {
  const isParallel = given.startsWith('Parallel ')
  const label = given.replace(/^(?:Parallel |Async )+/, '')
  const fields = joinFields(label) ?? groupFields(label) ?? setFields(label) ?? scanFields(label)
  return isParallel ? { ...fields, 'Parallel Aware': true } : fields
}

function joinFields(label: string): TextFields | undefined {
  const [, way, type = 'Inner'] = JOINS.exec(label) ?? []
  if (way === undefined || label === 'Hash' || label === 'Merge') return undefined
  return { 'Node Type': way === 'Nested Loop' ? way : `${way} Join`, 'Join Type': type }
}

const STRATEGIES: Readonly<Record<string, string>> = {
  Aggregate: 'Plain',
  GroupAggregate: 'Sorted',
  HashAggregate: 'Hashed',
  MixedAggregate: 'Mixed',
}

function groupFields(label: string): TextFields | undefined {
  const [, stage = 'Simple', way] = /^(?:(Partial|Finalize) )?((?:Group|Hash|Mixed)?Aggregate)$/.exec(label) ?? []
  if (way === undefined) return undefined
  return { 'Node Type': 'Aggregate', Strategy: STRATEGIES[way], 'Partial Mode': stage }
}

function setFields(label: string): TextFields | undefined {
  const [, hash, command] = /^(Hash)?SetOp (\w+(?: All)?)$/.exec(label) ?? []
  if (command === undefined) return undefined
  return { 'Node Type': 'SetOp', Strategy: hash === undefined ? 'Sorted' : 'Hashed', Command: command }
}

const NAME = String.raw`(?:"(?:[^"]|"")+"|[^\s."]+)`
const TARGET = new RegExp(
  `^(.+?)(?: (Backward))?(?: using (${NAME}))?(?: on (?:(${NAME})\\.)?(${NAME})(?: (${NAME}))?)?$`,
)

function scanFields(label: string): TextFields {
  const [, type = label, backward, index, schema, first, second] = TARGET.exec(label) ?? []
  const name = first === undefined ? undefined : unquoted(first)
  if (type === 'Bitmap Index Scan') return { 'Node Type': type, ...(name === undefined ? {} : { 'Index Name': name }) }
  const operation = /^(?:Foreign )?(Insert|Update|Delete|Merge)$/.exec(type)?.[1]
  const nodeType =
    operation === undefined ? type.replace(/ \(.*\)$/, '') : type.startsWith('Foreign') ? 'Foreign Scan' : 'ModifyTable'
  return {
    'Node Type': nodeType,
    ...(operation === undefined ? {} : { Operation: operation }),
    ...(index === undefined ? {} : { 'Index Name': unquoted(index), 'Scan Direction': backward ?? 'Forward' }),
    ...(schema === undefined ? {} : { Schema: unquoted(schema) }),
    ...(name === undefined ? {} : namedFields(nodeType, name, second === undefined ? name : unquoted(second))),
  }
}

const SOURCES: Readonly<Record<string, string | undefined>> = {
  'Function Scan': 'Function Name',
  'Table Function Scan': 'Table Function Name',
  'CTE Scan': 'CTE Name',
  'WorkTable Scan': 'CTE Name',
  'Named Tuplestore Scan': 'Tuplestore Name',
  'Values Scan': undefined,
  'Subquery Scan': undefined,
}

function namedFields(nodeType: string, name: string, alias: string): TextFields {
  const field = Object.hasOwn(SOURCES, nodeType) ? SOURCES[nodeType] : 'Relation Name'
  return { ...(field === undefined ? {} : { [field]: name }), Alias: alias }
}
