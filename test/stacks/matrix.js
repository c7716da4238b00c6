/**
 * Runs the whole matrix, prints it as Markdown and writes it to docs/matrix.md:
 *
 *     npm run matrix [-- <stack> …]
 *
 * With stacks named, it only prints. Uses the servers in NONPLUS_TEST_POSTGRES_URL and NONPLUS_TEST_MYSQL_URL, or starts
 * an embedded PostgreSQL and a private MariaDB.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tsImport } from 'tsx/esm/api'
import { createDatabase, removeDatabase } from './database.js'
import { generatePrismaClients } from './prisma-client.js'
import { runStack, shortfalls } from './run-matrix.js'
import { howToGet, scenarios, stacks } from './stack-list.js'

const { startEmbeddedPostgres } = await tsImport('../../src/cli/embedded-postgres.ts', import.meta.url)
const { startPrivateServer } = await tsImport('../mysql-server.ts', import.meta.url)

/** Stacks that run at the same time. */
const WORKERS = 3

const names = process.argv.slice(2)
const chosen = names.length === 0 ? stacks : stacks.filter(({ file }) => names.includes(file))
const installed = chosen.filter((stack) => howToGet(stack) === undefined)
const servers = await startServers()
const urls = {}
for (const [engine, { url }] of Object.entries(servers)) urls[engine] = await createDatabase(engine, url)
await generatePrismaClients()

const cellsByStack = await runAll()
const rows = await Promise.all(installed.map(rowOf))
const notes = (await Promise.all(installed.map(notesOf))).flat()
for (const stack of chosen) {
  const missing = howToGet(stack)
  if (missing !== undefined) notes.push(`- ${stack.file} on ${stack.driver} was not run: ${missing}`)
}
const shapes = await shapeList()
const markdown = page()

process.stdout.write(markdown)
if (names.length === 0) {
  const docs = new URL('../../docs/', import.meta.url)
  mkdirSync(docs, { recursive: true })
  writeFileSync(new URL('matrix.md', docs), markdown)
}

for (const url of Object.values(urls)) removeDatabase(url)
// a server that ends keeps nobody waiting
const waiting = setInterval(() => {}, 1_000)
for (const { stop } of Object.values(servers)) await stop()
clearInterval(waiting)

async function startServers() {
  const { NONPLUS_TEST_POSTGRES_URL: postgresUrl, NONPLUS_TEST_MYSQL_URL: mysqlUrl } = process.env
  const stop = async () => {}
  return {
    PostgreSQL: postgresUrl === undefined ? await startEmbeddedPostgres() : { url: postgresUrl, stop },
    MariaDB: mysqlUrl === undefined ? await startPrivateServer() : { url: mysqlUrl, stop },
    SQLite: { url: '', stop },
    PGlite: { url: '', stop },
  }
}

async function runAll() {
  const cells = new Map()
  const left = [...installed]
  const worker = async () => {
    for (let stack = left.shift(); stack !== undefined; stack = left.shift()) {
      cells.set(stack, await runStack(stack, urls[stack.engine]))
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, worker))
  return cells
}

async function titleOf({ file }) {
  return (await import(`./${file}.js`)).title
}

async function rowOf(stack) {
  const cells = cellsByStack.get(stack)
  const shapes = new Set(cells.map(({ shape }) => shape)).size
  const version = versionOfPackage(stack.package, stack)
  const driver = `${stack.driver} ${versionOfPackage(stack.driver, stack)}`
  const summaries = scenarios.map((scenario) => summaryOf(cells.filter((cell) => cell.scenario === scenario)))
  return `| ${await titleOf(stack)} | ${version} | ${stack.engine} | ${driver} | ${shapes} | ${summaries.join(' | ')} |`
}

async function notesOf(stack) {
  const title = `${await titleOf(stack)} on ${stack.driver}`
  return cellsByStack.get(stack).flatMap((cell) => {
    const short = shortfalls(cell)
    const problems = process.env.STACKS_VERBOSE ? cell.problems.slice(0, 4).map((problem) => `  - ${problem}`) : []
    return short.length === 0 ? [] : [`- ${title}, ${cell.shape}, ${cell.scenario}: ${short.join(', ')}`, ...problems]
  })
}

function summaryOf(cells) {
  const sum = (name) => {
    const [seen, wanted] = cells.reduce(([a, b], cell) => [a + cell[name][0], b + cell[name][1]], [0, 0])
    return `${seen}/${wanted}`
  }
  return `${sum('inScope')} · ${sum('onLine')} · ${sum('findings')}`
}

/** Shapes by stack, since a row has only their number. */
async function shapeList() {
  const shapes = new Map()
  for (const stack of installed) {
    const names = cellsByStack.get(stack).map(({ shape }) => shape)
    const title = await titleOf(stack)
    shapes.set(title, new Set([...(shapes.get(title) ?? []), ...names]))
  }
  return [...shapes].map(([title, names]) => `- ${title}: ${[...names].join(', ')}`).join('\n')
}

/** Of the copy that the stack runs on. */
function versionOfPackage(name, { folder = 'native-sqlite' }) {
  const own = fileURLToPath(new URL(`../${folder}/index.js`, import.meta.url))
  return versionOf(name, isInstalledIn(own, name) ? own : import.meta.url)
}

function isInstalledIn(from, name) {
  return existsSync(join(from, '..', 'node_modules', name, 'package.json'))
}

// Packages with an exports map hide their package.json from require.
function versionOf(name, from) {
  const folders = createRequire(from).resolve.paths(name)
  const file = folders.map((folder) => join(folder, name, 'package.json')).find((path) => existsSync(path))
  return JSON.parse(readFileSync(file, 'utf8')).version
}

function page() {
  return `# Matrix: every stack, on a cold, a warm and a contended pool

Real ORMs, real drivers, real servers: PostgreSQL, MariaDB, SQLite in a file, PGlite in memory. Each stack runs a query per row of
another query, in every shape its API offers; six requests of six rows each, so a shape stands for 36 statements in each
column, or for 6 where there is no loop to find (eager, inList, batched). A statement carries the number of its request in a
value, which tells where it belongs, whatever the profiler thinks.

- **cold**: the first request opens the pool, the others follow. **warm**: the pool was opened outside any request.
  **contended**: two connections, six requests at once. SQLite has one connection or one writer; PGlite is one database per
  process, which only its first request finds cold.
- Three counts in each column. **Scope**: statements filed under their own request. **Line**: statements whose call site is
  the line of the loop. **Found**: requests with exactly the findings they should have, proven, with the line of the loop
  and of its parent. That each statement is seen once, and its end too, and that
  findings name the ORM of the stack, is held besides.

| Stack | Version | Engine | Driver | Shapes | ${scenarios.map((name) => `${name}: scope · line · found`).join(' | ')} |
| --- | --- | --- | --- | --- | ${scenarios.map(() => '---').join(' | ')} |
${rows.join('\n')}

${notes.length === 0 ? 'No cell falls short.' : `What falls short:\n\n${notes.join('\n')}`}

## Shapes

${shapes}

Left out, because the stack cannot: transactions side by side on one client of pg; those of Drizzle on libSQL and of
TypeORM on SQLite, which have one connection for it; streams of TypeORM on SQLite; subqueries as JSON of Kysely and lateral
joins of Drizzle, which MariaDB does not know.

Left out, because a statement is nobody's: Prisma gathers the \`findUnique\` of one tick into one statement, across
requests. On SQLite, six requests that start at once are in one tick throughout (fluent, include, batched, contended), and one
statement answers all six. It is filed under the request that asked first.

A query that is returned from a resolver or a controller, with only a library to await it (graphql), keeps its line over
Sequelize, TypeORM, MikroORM 6 and Bookshelf. Over Knex, Objection, Kysely, Drizzle, Prisma, Slonik and MikroORM 7 its line is
that of the application further out which awaits it, and none where there is nobody: \`await\` it where it is sent. Findings
within GraphQL name the field in any case.

Written by \`npm run matrix\` on Node ${process.versions.node.split('.')[0]}, with MikroORM 7 on Node 22; \`test/stacks.test.ts\` holds every cell to it.
`
}
