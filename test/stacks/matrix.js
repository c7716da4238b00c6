/**
 * Runs the whole matrix, prints it as Markdown and writes it to docs/matrix.md:
 *
 *     npm run matrix [-- <stack> …]
 *
 * With stacks named, it only prints. Uses the server in NONPLUS_TEST_POSTGRES_URL, or an embedded one of its own.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { tsImport } from 'tsx/esm/api'
import { createDatabase } from './database.js'
import { generatePrismaClient } from './prisma-client.js'
import { runStack, shortfalls } from './run-matrix.js'
import { scenarios, stacks } from './stack-list.js'

const { startEmbeddedPostgres } = await tsImport('../../src/cli/embedded-postgres.ts', import.meta.url)
const given = process.env.NONPLUS_TEST_POSTGRES_URL
const server = given === undefined ? await startEmbeddedPostgres() : { url: given, stop: async () => {} }
const serverUrl = server.url

const names = process.argv.slice(2)
const chosen = names.length === 0 ? stacks : stacks.filter(({ file }) => names.includes(file))
generatePrismaClient()
const databaseUrl = await createDatabase(serverUrl)

const rows = []
const notes = []
for (const stack of chosen) {
  const cells = await Promise.all(scenarios.map((scenario) => runStack(stack.file, scenario, databaseUrl)))
  const title = (await import(`./${stack.file}.js`)).title
  rows.push(`| ${title} | ${versionOf(stack.package)} | ${shapesOf(cells)} | ${cells.map(summaryOf).join(' | ')} |`)
  for (const cell of cells.flat()) noteShortfalls(title, cell)
}

const markdown = `# Matrix: every stack, on a cold, a warm and a contended pool

Real ORMs on a real PostgreSQL server. Each stack runs a query per row of another query, in every shape its API offers;
six requests of six rows each, so a shape stands for 36 statements in each column, or for 6 where there is no loop to find
(eager, batched). A statement carries the number of its request in a value, which tells where it belongs, whatever the
profiler thinks.

- **cold**: the first request opens the pool, the others follow. **warm**: the pool was opened outside any request.
  **contended**: two connections, six requests at once.
- **scope**: statements filed under their own request. **line**: statements whose call site is the line of the loop.
  **found**: requests with exactly the findings they should have, proven, with the line of the loop and of its parent.

| Stack | Version | Shapes | ${scenarios.join(' | ')} |
| --- | --- | --- | ${scenarios.map(() => '---').join(' | ')} |
${rows.join('\n')}

${notes.length === 0 ? 'No cell falls short.' : `What falls short:\n\n${notes.join('\n')}`}

Written by \`npm run matrix\` on Node ${process.versions.node.split('.')[0]}; \`test/stacks.test.ts\` holds every cell to it.
`

await server.stop()
process.stdout.write(markdown)
if (names.length === 0) {
  const docs = new URL('../../docs/', import.meta.url)
  mkdirSync(docs, { recursive: true })
  writeFileSync(new URL('matrix.md', docs), markdown)
}

function shapesOf([cells]) {
  return cells.map(({ shape }) => shape).join(', ')
}

function summaryOf(cells) {
  const sum = (name) => {
    const [seen, wanted] = cells.reduce(([a, b], cell) => [a + cell[name][0], b + cell[name][1]], [0, 0])
    return `${seen}/${wanted}`
  }
  return `${sum('inScope')} scope · ${sum('onLine')} line · ${sum('findings')} found`
}

function noteShortfalls(title, cell) {
  const short = shortfalls(cell)
  if (short.length > 0) notes.push(`- ${title}, ${cell.shape}, ${cell.scenario}: ${short.join(', ')}`)
  if (process.env.STACKS_VERBOSE) for (const problem of cell.problems.slice(0, 4)) notes.push(`  - ${problem}`)
}

// Packages with an exports map hide their package.json from require.
function versionOf(name) {
  const folders = createRequire(import.meta.url).resolve.paths(name)
  const file = folders.map((folder) => join(folder, name, 'package.json')).find((path) => existsSync(path))
  return JSON.parse(readFileSync(file, 'utf8')).version
}
