import { subscribe } from 'node:diagnostics_channel'
import { PrismaPg } from '@prisma/adapter-pg'

const ended = []
const findings = []
const executions = []

const { createProfiler, runInScope } = process.env.BESIDE_NONPLUS === '1' ? await import('../../dist/index.js') : {}
subscribe('nonplus:statement:end', (message) => ended.push(message))
createProfiler?.().onScope(({ scope, findings: found, trace }) => {
  findings.push(...found.map(({ title, callSite }) => `${scope.name} | ${title} | ${callSite?.line}`))
  executions.push(
    ...trace.executions.map(({ operations }) => `${scope.name} | ${operations?.count} ${operations?.name}`),
  )
})

const { PrismaClient } = await import('../stacks/generated/beside/postgresql/prisma/client.js')
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.BESIDE_URL, max: 2 }) })
const withSpan = globalThis.besideSpan ?? ((_name, fn) => fn())
const inScope = runInScope ?? ((_name, fn) => fn())
const request = (name, fn) => withSpan(name, () => inScope(name, fn))
const ids = [1, 2, 3, 4, 5]
const current = []

await prisma.author.findMany()
await Promise.all(ids.slice(0, 2).map((id) => prisma.author.findUnique({ where: { id } })))

async function loop() {
  for (const { id } of await prisma.author.findMany()) await prisma.book.findMany({ where: { authorId: id } })
  current.push(globalThis.besideCurrent?.())
}

async function batched() {
  const found = await Promise.all(ids.map((id) => prisma.author.findUnique({ where: { id } })))
  current.push(globalThis.besideCurrent?.())
  return found
}

async function raw() {
  return await prisma.$queryRaw`select name from authors where id = ${1}`
}

async function array() {
  return await prisma.$transaction(ids.map((id) => prisma.book.findMany({ where: { authorId: id } })))
}

async function interactive() {
  return await prisma.$transaction(async (tx) => await tx.author.findUnique({ where: { id: 1 } }))
}

async function missing() {
  return await prisma.author.findUniqueOrThrow({ where: { id: 99 } }).catch(({ code }) => code)
}

async function first() {
  return await prisma.author.findUnique({ where: { id: 1 } })
}

async function second() {
  return await prisma.book.findUnique({ where: { id: 11 } })
}

const answers = []
for (const fn of [loop, batched, raw, array, interactive, missing]) answers.push(await request(fn.name, fn))
answers.push(await Promise.all([first, second].map((fn) => request(fn.name, fn))))
globalThis.besideSwitch?.(false)
answers.push(await request('off', batched))
globalThis.besideSwitch?.(true)
answers.push(await request('on', batched))

const statements = ended.map(({ scope, text, callSite, rows }) => {
  const frame = callSite?.frames[0]
  return `${scope.name} | ${text} | ${frame?.function}:${frame?.line} | ${rows} rows`
})
const spans = globalThis.besideSpans?.() ?? []
const told = { answers, current, statements, findings, executions, spans }
for (const list of [statements, findings, executions, spans]) list.sort()
process.stdout.write(`\nTOLD ${JSON.stringify(told)}\n`)
process.exit()
