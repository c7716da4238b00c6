import type { PlanNode } from '../model/plan.ts'
import { defined, type Fields, fieldsOf, listOf, numberOf, textOf, textsOf } from './plan-fields.ts'

/** How a node of PostgreSQL sorted and hashed; where workers did, the one that took the most room. */
export function memoryOf(fields: Fields): Partial<Pick<PlanNode, 'sort' | 'hash'>> {
  const shares = [fields, ...listOf(fields.Workers)]
  return defined({ sort: sortOf(shares) ?? incrementalSortOf(shares), hash: hashOf(shares) })
}

function sortOf(shares: readonly Fields[]): PlanNode['sort'] {
  const sorts = shares.flatMap((share) => {
    const method = textOf(share['Sort Method'])
    const spaceKb = numberOf(share['Sort Space Used'])
    const disk = share['Sort Space Type'] === 'Disk'
    return method === undefined ? [] : [{ method, ...defined({ spaceKb }), disk }]
  })
  return largest(sorts)
}

/** It sorts group by group, and counts those that it had to sort in full apart from those that were sorted in part. */
function incrementalSortOf(shares: readonly Fields[]): PlanNode['sort'] {
  const groups = shares.flatMap((share) => [
    ...listOf(share['Full-sort Groups']),
    ...listOf(share['Pre-sorted Groups']),
  ])
  const sorts = groups.flatMap((group) => {
    const methods = textsOf(group['Sort Methods Used']) ?? []
    const onDisk = fieldsOf(group['Sort Space Disk'])
    const spaceKb = numberOf((onDisk ?? fieldsOf(group['Sort Space Memory']))?.['Peak Sort Space Used'])
    return methods.length === 0
      ? []
      : [{ method: methods.join(', '), ...defined({ spaceKb }), disk: onDisk !== undefined }]
  })
  return largest(sorts)
}

function largest(sorts: readonly NonNullable<PlanNode['sort']>[]): PlanNode['sort'] {
  return [...sorts].sort((a, b) => Number(b.disk) - Number(a.disk) || (b.spaceKb ?? 0) - (a.spaceKb ?? 0))[0]
}

function hashOf(shares: readonly Fields[]): PlanNode['hash'] {
  const most = (...names: readonly string[]) => {
    const numbers = shares.flatMap((share) => names.flatMap((name) => numberOf(share[name]) ?? []))
    return numbers.length === 0 ? undefined : Math.max(...numbers)
  }
  const batches = most('Hash Batches', 'HashAgg Batches')
  const isMemoize = shares.some((share) => share['Cache Hits'] !== undefined)
  if (batches === undefined || isMemoize) return undefined
  return {
    batches,
    ...defined({
      originalBatches: most('Original Hash Batches'),
      peakKb: most('Peak Memory Usage'),
      diskKb: most('Disk Usage') || undefined,
    }),
  }
}
