import type { NumberedLine } from './numbered-line.ts'
import type { TextFields } from './postgres-text-header.ts'

/** First words of what stands below a tree: of the statement, of its planning and its execution. */
const SUMMARY =
  /^(?:Planning:|Planning Time: |Planning time: |Execution Time: |Execution time: |Total runtime: |JIT:|Settings: |Query Identifier: |Trigger |Serialization: )/

/** True for a line that begins the part below a tree, or is in it. */
export function isSummary(text: string): boolean {
  return SUMMARY.test(text.trim())
}

/**
 * What stands below a tree, as fields of EXPLAIN (FORMAT JSON).
 *
 * @param relation table that the statement changes: a trigger of it is told without its name.
 */
export function summaryFields(lines: readonly NumberedLine[], relation: string | undefined): TextFields {
  const fields: TextFields = {}
  const triggers: TextFields[] = []
  let isJit = false
  for (const { text } of lines) {
    const line = text.trim()
    if (isSummary(line)) isJit = line === 'JIT:'
    const [, name = '', value = ''] = /^([A-Z][\w ]*?): ?(.*)$/.exec(line) ?? []
    if (line.startsWith('Trigger ')) triggers.push(triggerOf(line, relation))
    else if (isJit) readJit(fields, name, value)
    else if (/^(?:Planning|Execution) [Tt]ime$/.test(name))
      fields[name.replace('time', 'Time')] = Number.parseFloat(value)
    else if (name === 'Total runtime') fields['Execution Time'] = Number.parseFloat(value)
    else if (name === 'Query Identifier') fields[name] = value
    else if (name === 'Settings') fields.Settings = settingsOf(value)
    else if (name === 'Serialization') fields.Serialization = serializationOf(value)
  }
  return triggers.length === 0 ? fields : { ...fields, Triggers: triggers }
}

function readJit(fields: TextFields, name: string, value: string): void {
  const jit = (fields.JIT ?? {}) as TextFields
  if (name === 'Functions') jit.Functions = Number.parseInt(value, 10)
  const total = name === 'Timing' ? /Total ([\d.]+) ms/.exec(value)?.[1] : undefined
  if (total !== undefined) jit.Timing = { Total: Number(total) }
  fields.JIT = jit
}

/** `Trigger RI_ConstraintTrigger_c_16 for constraint orders_fk on orders: time=1.2 calls=100` */
function triggerOf(line: string, relation: string | undefined): TextFields {
  const [, label = '', time, calls] = /^Trigger(.*): (?:time=([\d.]+) )?calls=(\d+)/.exec(line) ?? []
  const [, trigger, constraint, table] = /^(?: (.*?))??(?: for constraint (.*?))?(?: on (\S.*))?$/.exec(label) ?? []
  const of = table ?? relation
  return {
    ...(trigger === undefined ? {} : { 'Trigger Name': trigger }),
    ...(constraint === undefined ? {} : { 'Constraint Name': constraint }),
    ...(of === undefined ? {} : { Relation: of }),
    ...(time === undefined ? {} : { Time: Number(time) }),
    Calls: Number(calls ?? 0),
  }
}

/** `work_mem = '64kB', search_path = 'a, b'` */
function settingsOf(text: string): TextFields {
  const found = text.matchAll(/([\w.]+) = (?:'((?:[^']|'')*)'|NULL)/g)
  return Object.fromEntries([...found].map(([, name, value = '']) => [name, value.replaceAll("''", "'")]))
}

/** `time=0.003 ms  output=1kB  format=text` */
function serializationOf(text: string): TextFields {
  const time = /time=([\d.]+) ms/.exec(text)?.[1]
  return { ...(time === undefined ? {} : { Time: Number(time) }) }
}
