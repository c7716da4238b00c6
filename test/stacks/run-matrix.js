import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { nodeFor } from './stack-list.js'

const run = promisify(execFile)
const register = new URL('../../dist/register.js', import.meta.url)
const nativeDrivers = fileURLToPath(new URL('../native-sqlite/node_modules', import.meta.url))
const program = fileURLToPath(new URL('run-stack.js', import.meta.url))

/**
 * Runs every shape of one stack on one driver, in every scenario, in a process of its own with the profiler preloaded.
 *
 * @returns one cell per scenario and shape, as `judgeCell` made them.
 */
export async function runStack(stack, databaseUrl) {
  const { file, driver } = stack
  if (!existsSync(register)) throw new Error('dist/register.js is missing: run `npm run build` first.')
  const { stdout } = await run(nodeFor(stack), ['--import', register.href, program, file, driver], {
    // what Knex and its like require themselves
    env: { ...process.env, STACKS_DATABASE_URL: databaseUrl, NODE_OPTIONS: '', NODE_PATH: nativeDrivers },
    timeout: 90_000,
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{"stack"'))
    .map((line) => JSON.parse(line))
}

/** Counts of a cell that are not what they should be, as `name seen/wanted`. */
export function shortfalls(cell) {
  return Object.entries(cell)
    .filter(([name, count]) => name !== 'problems' && Array.isArray(count) && count[0] !== count[1])
    .map(([name, [seen, wanted]]) => `${name} ${seen}/${wanted}`)
}
