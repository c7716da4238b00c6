import { checkAll, checkWindow } from './sanity.mjs'
import { shuffle } from './statistics.mjs'
import { startAll, stopAll } from './worker-process.mjs'

/**
 * Runs all workloads under all tools.
 *
 * Tools take turns within each round, in a new order each time, so that whatever else the machine does hits all of them
 * alike; and all of it is done again with new processes, since a process keeps the luck of its compiler and its heap.
 *
 * @param heldRequests requests that are open at once, to see what they hold; of workloads on the stub, in the last
 *   generation. 0 for none.
 * @returns verdicts of the checks, bytes held by workload and tool, and every window: `{ generation, round, workload, tool, wallNs, cpuNs, counts }`.
 */
export async function measure({
  tools,
  workloads,
  url,
  generations,
  rounds,
  warmups,
  checkedRequests,
  heldRequests = 0,
  onProgress,
}) {
  const windows = []
  const held = new Map()
  let verdicts
  for (let generation = 0; generation < generations; generation++) {
    const workers = await startAll(tools, url)
    try {
      if (generation === 0) {
        onProgress('checking what each tool records')
        verdicts = await checkAll(workers, workloads, checkedRequests)
      }
      for (const workload of workloads) {
        onProgress(`processes ${generation + 1} of ${generations}: ${workload.title}`)
        for (let warmup = 0; warmup < warmups; warmup++) {
          for (const worker of workers) await worker.run(workload.name)
        }
        for (let round = 0; round < rounds; round++) {
          for (const worker of shuffle(workers)) {
            const window = await worker.run(workload.name)
            noteFaults(verdicts, worker.tool, workload, window)
            windows.push({ generation, round, workload: workload.name, tool: worker.tool.name, ...window })
          }
        }
      }
      if (heldRequests > 0 && generation === generations - 1) await holdAll(workers, workloads, heldRequests, held)
    } finally {
      await stopAll(workers)
    }
  }
  return { verdicts, windows, held }
}

async function holdAll(workers, workloads, requests, held) {
  for (const { name } of workloads.filter(({ transport }) => transport === 'stub')) {
    const byTool = new Map()
    for (const worker of workers) byTool.set(worker.tool.name, (await worker.hold(name, requests)) / requests)
    held.set(name, byTool)
  }
}

function noteFaults(verdicts, tool, workload, { counts }) {
  const { faults } = verdicts.get(workload.name).get(tool.name)
  for (const fault of checkWindow(tool, workload, workload.requests, counts)) {
    if (!faults.includes(fault)) faults.push(fault)
  }
}
