import { AUTHORS_PER_REQUEST, authorRange, REQUESTS } from './request.js'

/**
 * Holds what was seen in one cell against what the stack did.
 *
 * @param cell `shape`, `file` of the stack, its `marks`, its `orm` and its `expectation`.
 * @param seen all messages of `nonplus:statement:start` and of `nonplus:statement:end`, and what `profile()` gave for each
 *   request.
 * @returns `[seen, wanted]` for each count, and a sentence per statement that is not right.
 */
export function judgeCell(cell, { started, ended, profiled }) {
  const problems = []
  const statements = ended.map(readStatement).filter((statement) => statement.requests.length > 0)
  const children = statements.filter((statement) => statement.role === 'child')
  const parents = statements.filter((statement) => statement.role === 'parent')
  const { children: perRequest = AUTHORS_PER_REQUEST, findings: findingsPerRequest = 1 } = cell.expectation
  const wantedChildren = perRequest * REQUESTS.length
  const wantedParents = cell.marks.parent.length > 0 ? REQUESTS.length : 0
  const isIn = (statement) => isInOwnScope(statement, problems)
  const isOn = (statement, roles) => isOnMarkedLine(statement, roles, cell, problems)
  const isFound = (request) => hasRightFindings(request, profiled[request].report, findingsPerRequest, cell, problems)
  const others = statements.filter((statement) => statement.role !== 'child')
  const findings = REQUESTS.flatMap((request) => profiled[request].report.findings)
  const traced = REQUESTS.reduce((sum, request) => sum + profiled[request].trace.executions.length, 0)
  return {
    ended: [new Set(ended).size, started.length],
    traced: [traced, started.filter(({ scope }) => !scope.isAmbient).length],
    children: [distinct(children).size, wantedChildren],
    executions: [children.length, wantedChildren],
    parents: [parents.length, wantedParents],
    inScope: [children.filter(isIn).length, wantedChildren],
    othersInScope: [others.filter(isIn).length, others.length],
    onLine: [children.filter((statement) => isOn(statement, ['helper', 'loop'])).length, wantedChildren],
    parentOnLine: [parents.filter((statement) => isOn(statement, ['parent'])).length, wantedParents],
    // a stack taken synchronously inside `map` cannot know of the Promise.all around it, so only `true` is a claim
    falselyConcurrent: [
      cell.marks.concurrent ? 0 : children.filter(({ message }) => message.callSite?.concurrent).length,
      0,
    ],
    findings: [REQUESTS.filter(isFound).length, REQUESTS.length],
    orm: [findings.filter((finding) => hasRightOrm(finding, cell, problems)).length, findings.length],
    problems,
  }
}

/** Finds the request that a statement belongs to in its own values, so that nothing has to be believed. */
function readStatement(message) {
  const values = `${message.text} ${JSON.stringify(message.parameters ?? [], plain)}`
  const ids = [...values.matchAll(/\b[1-6](?:00[0-6]|999)\b/g)].map(([id]) => Number(id))
  const requests = [...new Set(ids.map((id) => Math.floor(id / 1000)))]
  const isRange = requests.length === 1 && authorRange(requests[0]).every((bound) => ids.includes(bound))
  const role = /\bbooks\b/.test(message.text) ? 'child' : isRange ? 'parent' : 'companion'
  return { message, ids, requests, role }
}

// Named parameters come in an object, numbers perhaps as bigint.
function plain(_name, value) {
  return typeof value === 'bigint' ? String(value) : value
}

function distinct(children) {
  return new Set(children.map(({ message, ids }) => `${message.text} ${ids}`))
}

function isInOwnScope({ message, requests, ids }, problems) {
  const isRight = requests.length === 1 && message.scope?.name === `request ${requests[0]}`
  if (!isRight) problems.push(`author ${ids}: filed under ${message.scope?.name ?? 'no scope'}`)
  return isRight
}

function isOnMarkedLine({ message, ids }, roles, cell, problems) {
  const frames = message.callSite?.frames ?? []
  const innermost = roles.flatMap((role) => cell.marks[role])
  const outer = cell.marks[roles.at(-1)]
  const own = frames.map((frame) => (frame.file === cell.file ? frame.line : undefined))
  const isRight = innermost.includes(own[0]) && own.some((line) => outer.includes(line))
  if (!isRight) {
    const chain = frames.map((frame) => `${frame.file.split('/').at(-1)}:${frame.line}`).join(' < ')
    problems.push(`author ${ids}: line ${chain || 'lost'}, expected ${innermost.join(' or ')}`)
  }
  return isRight
}

function hasRightFindings(request, report, wanted, cell, problems) {
  const findings = report.findings
  const isRight = findings.length === wanted && findings.every((finding) => isRightFinding(finding, cell))
  if (!isRight) problems.push(`request ${request}: ${findings.map(describe).join('; ') || 'no finding'}`)
  return isRight
}

function isRightFinding(finding, cell) {
  const { marks, file } = cell
  const name = file.split('/').at(-1)
  const isOn = (frame, lines) => frame?.file.endsWith(name) && lines.includes(frame.line)
  return (
    finding.kind === 'n-plus-one' &&
    finding.confidence === 'proven' &&
    finding.count === AUTHORS_PER_REQUEST &&
    finding.distinctParameters === AUTHORS_PER_REQUEST &&
    isRightlyConcurrent(finding, cell) &&
    finding.frames.some((frame) => isOn(frame, marks.loop)) &&
    isOn(finding.parent?.callSite, marks.parent)
  )
}

function hasRightOrm({ advice }, { orm }, problems) {
  if (advice.orm?.name === orm) return true
  problems.push(`advice for ${advice.orm?.name ?? 'no ORM'}, expected ${orm ?? 'none'}`)
  return false
}

// On a pool that has no connection to spare, and in SQLite or PGlite, what was sent side by side runs one after the other.
function isRightlyConcurrent({ concurrent }, { marks, scenario, isInProcess }) {
  return concurrent === marks.concurrent || (!concurrent && (scenario !== 'warm' || isInProcess))
}

function describe({ kind, confidence, count, concurrent, callSite, parent, statement }) {
  const at = (frame) => (frame === undefined ? 'lost' : `${frame.file.split('/').at(-1)}:${frame.line}`)
  const flags = `${confidence}${concurrent ? ' concurrent' : ''}`
  return `${count} × ${kind} ${flags} ${statement.summary} at ${at(callSite)}, parent ${parent ? at(parent.callSite) : 'none'}`
}
