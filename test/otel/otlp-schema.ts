import { createRequire } from 'node:module'
import { join } from 'node:path'
import { sdk2 } from './run-app.ts'

const root = join(import.meta.dirname, 'opentelemetry-proto')

interface Field {
  readonly type: string
  readonly repeated: boolean
  readonly resolvedType: Type | Enum | null
  readonly partOf: { readonly name: string } | null
}

interface Type {
  readonly fields: Readonly<Record<string, Field>>
}

interface Enum {
  readonly valuesById: Readonly<Record<number, string>>
}

/** Ids are in hexadecimal, unlike other bytes: a rule of OTLP. */
const ID_BYTES: Readonly<Record<string, number>> = { traceId: 16, spanId: 8, parentSpanId: 8 }

/** The message types of an export, by the official definition. */
export function loadSchema(): { readonly traces: Type; readonly logs: Type } {
  const protobuf = createRequire(sdk2.folder)('protobufjs')
  const definitions = new protobuf.Root()
  definitions.resolvePath = (_origin: string, target: string) => join(root, target)
  definitions.loadSync([
    'opentelemetry/proto/collector/trace/v1/trace_service.proto',
    'opentelemetry/proto/collector/logs/v1/logs_service.proto',
  ])
  definitions.resolveAll()
  const service = 'opentelemetry.proto.collector'
  return {
    traces: definitions.lookupType(`${service}.trace.v1.ExportTraceServiceRequest`),
    logs: definitions.lookupType(`${service}.logs.v1.ExportLogsServiceRequest`),
  }
}

/** What of a message is not as the JSON mapping has it: unknown names, wrong types, two of what may be one. */
export function faultsOf(message: unknown, type: Type, path = ''): string[] {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return [`${path}: no object`]
  const chosen = new Map<string, string>()
  return Object.entries(message).flatMap(([name, value]) => {
    const field = type.fields[name]
    const at = `${path}.${name}`
    if (field === undefined) return [`${at}: unknown`]
    const choice = field.partOf?.name
    if (choice !== undefined && chosen.has(choice)) return [`${at}: beside ${chosen.get(choice)}`]
    if (choice !== undefined) chosen.set(choice, name)
    if (!field.repeated) return faultsOfValue(value, field, name, at)
    if (!Array.isArray(value)) return [`${at}: no list`]
    return value.flatMap((each, index) => faultsOfValue(each, field, name, `${at}[${index}]`))
  })
}

function faultsOfValue(value: unknown, { type, resolvedType }: Field, name: string, at: string): string[] {
  if (resolvedType !== null && 'fields' in resolvedType) return faultsOf(value, resolvedType, at)
  return isRight(value, type, resolvedType, name) ? [] : [`${at}: ${JSON.stringify(value)} is no ${type}`]
}

function isRight(value: unknown, type: string, resolved: Enum | null, name: string): boolean {
  if (resolved !== null) return typeof value === 'number' && resolved.valuesById[value] !== undefined
  switch (type) {
    case 'string':
      return typeof value === 'string'
    case 'bool':
      return typeof value === 'boolean'
    case 'double':
      return typeof value === 'number' && Number.isFinite(value)
    case 'int64':
      return typeof value === 'string' && /^-?\d{1,19}$/.test(value)
    case 'uint64':
    case 'fixed64':
      return typeof value === 'string' && /^\d{1,20}$/.test(value)
    case 'uint32':
    case 'fixed32':
      return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32
    case 'bytes':
      return typeof value === 'string' && new RegExp(`^[0-9a-f]{${2 * (ID_BYTES[name] ?? 0)}}$`).test(value)
    default:
      return false
  }
}
