import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** An attribute, as the registry of the semantic conventions defines it. */
export interface RegistryAttribute {
  readonly id: string
  readonly type: string
  readonly stability: string
  /** Well-known values; absent where any will do. */
  readonly members: readonly string[] | undefined
}

/** An attribute, as a span or a metric refers to it. */
export interface AttributeUse {
  readonly level: 'required' | 'conditionally_required' | 'recommended' | 'opt_in'
  readonly isForSampling: boolean
}

// biome-ignore lint/suspicious/noExplicitAny: YAML, read where it is named
type Any = any

const folder = join(import.meta.dirname, 'semantic-conventions')
const files: Any[] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => parse(readFileSync(join(folder, name), 'utf8')))
const groups = new Map<string, Any>(files.flatMap((file) => file.groups ?? []).map((group: Any) => [group.id, group]))

/** Every attribute that is defined, by its name. */
export const registry: ReadonlyMap<string, RegistryAttribute> = new Map(
  files.flatMap((file) => [
    ...(file.attributes ?? []).map(define),
    ...(file.groups ?? []).flatMap((group: Any) => (group.attributes ?? []).filter(({ id }: Any) => id).map(define)),
  ]),
)

function define({ id, key, type, stability }: Any): [string, RegistryAttribute] {
  const name: string = id ?? key
  const members = type.members?.map(({ value }: Any) => String(value))
  return [name, { id: name, type: members === undefined ? type : 'string', stability, members }]
}

/** The attributes of a span or a metric, with those of what it extends. */
export function usesOf(id: string): Map<string, AttributeUse> {
  const group = groups.get(id)
  if (group === undefined) throw new Error(`The model has no group ${id}.`)
  const uses = group.extends === undefined ? new Map<string, AttributeUse>() : usesOf(group.extends)
  for (const { ref, requirement_level: level, sampling_relevant: isForSampling } of group.attributes ?? []) {
    if (ref === undefined) continue
    const known = uses.get(ref)
    uses.set(ref, {
      level: typeof level === 'object' ? Object.keys(level)[0] : (level ?? known?.level ?? 'recommended'),
      isForSampling: isForSampling ?? known?.isForSampling ?? false,
    } as AttributeUse)
  }
  return uses
}

/** Unit and instrument of a metric. */
export function metricOf(name: string): { readonly unit: string; readonly instrument: string } | undefined {
  return groups.get(`metric.${name}`)
}
