import { STATEMENTS } from './workloads.mjs'

/** Every pool request once alone, once as many at a time as there are connections, and once five times as many. */
const POOL_CONCURRENCY = [1, 10, 50]

/**
 * Did every tool record every statement in the right scope, find what is there and nothing else, and leave the answers
 * of the database alone? Runs before anything is timed.
 *
 * @returns by workload and tool: `{ recorded, faults }`; no faults means that the tool may take part in the claims.
 */
export async function checkAll(workers, workloads, requests) {
  const verdicts = new Map()
  for (const workload of workloads) {
    const levels = workload.transport === 'pool' ? POOL_CONCURRENCY : [1]
    const byTool = new Map()
    for (const concurrency of levels) {
      const answers = new Map()
      for (const worker of workers) answers.set(worker, await worker.check(workload.name, requests, concurrency))
      const expected = answers.get(workers[0]).digest
      for (const [{ tool }, answer] of answers) {
        const faults = faultsOf(tool, workload, answer, expected).map((fault) => `${fault}${at(levels, concurrency)}`)
        const known = byTool.get(tool.name)
        byTool.set(tool.name, {
          right: Math.min(answer.right, known?.right ?? requests),
          requests,
          faults: [...(known?.faults ?? []), ...faults],
        })
      }
    }
    verdicts.set(workload.name, byTool)
  }
  if (workloads.some(({ transport }) => transport === 'client')) await checkErrors(workers, verdicts)
  return verdicts
}

function at(levels, concurrency) {
  return levels.length === 1 ? '' : ` (${concurrency} at a time)`
}

function faultsOf(tool, workload, answer, expectedDigest) {
  const faults = []
  if (answer.digest !== expectedDigest) faults.push('the application got other rows than without the tool')
  if (!tool.records) return faults
  if (answer.scopes !== answer.requests) faults.push(`${answer.scopes} of ${answer.requests} scopes`)
  if (answer.right !== answer.scopes)
    faults.push(`${answer.right} of ${answer.scopes} scopes right: ${answer.faults.join('; ')}`)
  if (tool.finds && workload.findings > 0) faults.push(...evidenceFaults(tool, answer.evidence))
  return faults
}

/** The finding must be proven by the right column, count every child and point at the workload's own code. */
function evidenceFaults(tool, [finding]) {
  const expected = { kind: 'n-plus-one', confidence: 'proven', count: STATEMENTS - 1, column: 'author_id' }
  if (tool.evidence) Object.assign(expected, { file: 'workloads.mjs', function: 'send' })
  return Object.entries(expected)
    .filter(([key, value]) => finding?.[key] !== value)
    .map(([key, value]) => `${key} of the finding is ${finding?.[key]}, not ${value}`)
}

async function checkErrors(workers, verdicts) {
  const expected = await workers[0].failing()
  for (const worker of workers) {
    const seen = await worker.failing()
    if (seen === expected) continue
    for (const byTool of verdicts.values()) byTool.get(worker.tool.name).faults.push(`an error became: ${seen}`)
  }
}

/** The timed windows too must have recorded everything. */
export function checkWindow(tool, { findings: expected }, requests, { scopes, statements, findings }) {
  if (!tool.records) return []
  const faults = []
  if (scopes !== requests) faults.push(`${scopes} of ${requests} scopes while timed`)
  if (statements !== requests * STATEMENTS)
    faults.push(`${statements} of ${requests * STATEMENTS} statements while timed`)
  if (tool.finds && findings !== requests * expected) {
    faults.push(`${findings} instead of ${requests * expected} findings while timed`)
  }
  return faults
}
