import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/*
 * `npm run bench [-- --quick] [-- --check]`: installs what it compares, builds nonplus where it is not built, measures,
 * prints the tables and writes them to results.md. `--check` runs only what must be right before anything is timed.
 */
const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, check: { type: 'boolean', default: false } },
})

const folder = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('..', import.meta.url))

if (!existsSync(new URL('node_modules', import.meta.url))) npm(['ci', '--no-audit', '--no-fund'], folder)
if (!existsSync(new URL('../dist/index.js', import.meta.url))) npm(['run', '--silent', 'build'], root)

const scale = options.quick
  ? { generations: 1, rounds: 6, warmups: 4, checkedRequests: 50 }
  : { generations: 4, rounds: 8, warmups: 4, checkedRequests: 200 }

// imported here, since they need what was just installed
const [{ measure }, { compare, renderResults }, { currentLoad, describeMachine }, { tools }, { workloads: all }] =
  await Promise.all([
    import('./measure.mjs'),
    import('./results.mjs'),
    import('./environment.mjs'),
    import('./tools/index.mjs'),
    import('./workloads.mjs'),
  ])

const server = await openServer()
try {
  const workloads = all.filter(({ transport }) => transport === 'stub' || server !== undefined)
  const context = { tools, workloads, url: server?.url, onProgress: (text) => console.error(text) }
  if (options.check) await check(context)
  else await bench(context)
} finally {
  await server?.stop()
}

async function bench(context) {
  const loadBefore = currentLoad()
  const startedAt = performance.now()
  const measured = await measure({ ...context, ...scale })
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  const { generations, rounds } = scale
  const machine = [...describeMachine(), ['PostgreSQL', server?.version ?? 'none: its workloads are missing']]
  const settings = [
    ['Load', `${loadBefore} before, ${currentLoad()} after`],
    ['Rounds', `${generations} generations of processes × ${rounds} rounds, ${seconds} s`],
  ]
  const text = renderResults(compare(measured, context.tools, context.workloads), { machine, settings })
  mkdirSync(new URL('results/', import.meta.url), { recursive: true })
  writeFileSync(new URL('results/windows.json', import.meta.url), JSON.stringify(measured.windows))
  writeFileSync(new URL('results.md', import.meta.url), text)
  console.log(text)
  endWith([...measured.verdicts.values()])
}

async function check({ tools: checked, workloads, url }) {
  const { checkAll } = await import('./sanity.mjs')
  const { startAll, stopAll } = await import('./worker-process.mjs')
  const workers = await startAll(checked, url)
  try {
    const verdicts = await checkAll(workers, workloads, scale.checkedRequests)
    for (const [workload, byTool] of verdicts) {
      for (const [tool, { right, requests, faults }] of byTool) {
        const isRecorder = checked.find(({ name }) => name === tool).records
        const verdict =
          faults.length > 0 ? faults.join('; ') : isRecorder ? `${right}/${requests} scopes` : 'same answers'
        console.log(`${workload}, ${tool}: ${verdict}`)
      }
    }
    endWith([...verdicts.values()])
  } finally {
    await stopAll(workers)
  }
}

/** A fault of nonplus fails the command; one of another tool is only told. */
function endWith(verdicts) {
  const failed = verdicts.flatMap((byTool) => tools.filter(({ name }) => byTool.get(name).faults.length > 0))
  if (failed.some(({ finds }) => finds)) process.exitCode = 1
}

async function openServer() {
  const { openServer: open } = await import('./server.mjs')
  try {
    return await open()
  } catch (error) {
    console.error(`No PostgreSQL, so the workloads that need one are left out: ${error.message}`)
    return undefined
  }
}

function npm(args, cwd) {
  console.error(`npm ${args.join(' ')}`)
  const { status } = spawnSync('npm', args, {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) process.exit(status ?? 1)
}
