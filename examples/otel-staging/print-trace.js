const { basename } = require('node:path')

/** A trace as a tree: equal neighbours in one line, findings below the span of the request they are of. */
exports.printTrace = function printTrace({ spans, events }) {
  const ids = new Set(spans.map((span) => span.spanId))
  const roots = spans.filter((span) => !ids.has(span.parentSpanId) && span.kind === SERVER)
  return roots.map((root) => linesOf(root, spans, events).join('\n')).join('\n\n')
}

const SERVER = 2
const CLIENT = 3

function linesOf(span, spans, events) {
  const children = spans
    .filter((child) => child.parentSpanId === span.spanId)
    .sort((one, other) => Number(BigInt(one.startTimeUnixNano) - BigInt(other.startTimeUnixNano)))
  const blocks = [
    ...grouped(children).map((group) =>
      group.length === 1 ? linesOf(group[0], spans, events) : [`${group.length} × ${titleOf(group[0], sumOf(group))}`],
    ),
    ...events.filter((event) => event.spanId === span.spanId).map(findingLines),
  ]
  return [titleOf(span, span.durationMs), ...blocks.flatMap((lines, i) => indent(lines, i === blocks.length - 1))]
}

/** Spans of the same name and line that follow each other. */
function grouped(spans) {
  const groups = []
  for (const span of spans) {
    const group = groups.at(-1)
    if (group !== undefined && keyOf(group[0]) === keyOf(span)) group.push(span)
    else groups.push([span])
  }
  return groups
}

function keyOf({ spanId, name, attributes }) {
  return 'db.query.text' in attributes ? `${name} ${attributes['db.query.text']} ${placeOf(attributes)}` : spanId
}

function titleOf({ service, kind, name, attributes }, durationMs) {
  const time = `${durationMs.toFixed(1)} ms`
  if ('db.system.name' in attributes) return `${name} · ${time} · ${placeOf(attributes)}`
  const findings = attributes['nonplus.findings']
  const queries = findings === undefined ? '' : ` · nonplus.db.query.count ${attributes['nonplus.db.query.count']}`
  const marks =
    findings > 0 ? ` · nonplus.findings ${findings} · nonplus.n_plus_one ${attributes['nonplus.n_plus_one']}` : ''
  const path = attributes['url.path'] ?? (kind === CLIENT ? new URL(attributes['url.full']).pathname : '')
  return `${service}: ${kind === CLIENT ? 'calls' : 'serves'} ${name} ${path} · ${time}${queries}${marks}`
}

function findingLines({ eventName, severityText, attributes }) {
  return [
    `${severityText} ${eventName}: ${attributes['nonplus.finding.kind']} (${attributes['nonplus.finding.confidence']})`,
    `  ${attributes['nonplus.finding.title']} · ${basename(attributes['nonplus.finding.loop'] ?? '') || placeOf(attributes)}`,
    `  ${attributes['nonplus.finding.explanation']}`,
    `  ${attributes['nonplus.finding.advice']}`,
  ]
}

function placeOf(attributes) {
  return `${basename(attributes['code.file.path'] ?? '?')}:${attributes['code.line.number']}`
}

function sumOf(spans) {
  return spans.reduce((sum, { durationMs }) => sum + durationMs, 0)
}

function indent([first, ...others], isLast) {
  return [`${isLast ? '└─' : '├─'} ${first}`, ...others.map((line) => `${isLast ? '  ' : '│ '} ${line}`)]
}
