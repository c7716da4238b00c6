import type { Finding, FindingParent } from '../model/finding.ts'
import type { Frame } from '../model/trace.ts'
import { loopLabelOf, parentLabelOf, placeOf } from './finding-places.ts'
import { printable } from './layout.ts'
import { relativePath } from './relative-path.ts'
import type { ReporterContext } from './reporter.ts'

/** Name of the folder that paths are relative to; the one that upload tools know. */
export const ROOT = '%SRCROOT%'

/** Locations that GitHub takes of a result. */
const maxLocations = 1_000

/** A line of code: a path relative to the root, or an address as it is. */
export function physicalLocationOf(frame: Frame | undefined, { cwd }: ReporterContext): object {
  const path = printable(relativePath(frame?.file ?? '', cwd))
  const isAddress = /^[a-z][a-z0-9+.-]+:/i.test(path)
  const isAbsolute = path.startsWith('/') || /^[a-z]:\//i.test(path)
  const uri = isAbsolute ? `file://${path.startsWith('/') ? '' : '/'}${encodePath(path)}` : encodePath(path)
  const base = isAddress || isAbsolute ? {} : { uriBaseId: ROOT }
  const { line = 0, column = 0 } = frame ?? {}
  const region = line < 1 ? {} : { region: { startLine: line, ...(column < 1 ? {} : { startColumn: column }) } }
  return { artifactLocation: { uri: uri === '' ? '.' : uri, ...base }, ...region }
}

// what encodeURI leaves, because it means something in an address, and may be in the name of a file
function encodePath(path: string): string {
  const encoded = encodeURI(path).replace(/[?#]/g, encodeURIComponent)
  // a colon in the first part would make it a scheme
  return /^[^/]*:/.test(encoded) && !/^[a-z][a-z0-9+.-]+:|^[a-z]:\//i.test(encoded) ? `./${encoded}` : encoded
}

/** Where the rows were read, where the statement is sent, and where else. */
export function relatedLocationsOf(finding: Finding, context: ReporterContext): object[] {
  const parents = parentsOf(finding).flatMap(({ parent, frame }) => [{ frame, text: parentLabelOf(parent) }])
  const { callSite } = finding
  const sender = callSite !== undefined && callSite !== placeOf(finding) ? [{ frame: callSite, text: 'sent here' }] : []
  const others = finding.kind === 'duplicate-query' ? finding.otherCallSites : []
  const places = [...parents, ...sender, ...others.map((frame) => ({ frame, text: loopLabelOf(finding) }))]
  return places
    .slice(0, maxLocations)
    .map(({ frame, text }, index) => ({ id: index + 1, ...locationOf(frame, text, context) }))
}

/** The way to the statement: where rows were read, outermost first, then the calls, innermost last. */
export function codeFlowOf(finding: Finding, context: ReporterContext): object | undefined {
  const place = placeOf(finding)
  const parents = parentsOf(finding).reverse()
  const calls = [...finding.frames].reverse()
  const steps = [
    ...parents.map(({ parent, frame }) => locationOf(frame, parentLabelOf(parent), context)),
    ...calls.map((frame) => {
      const isPlace = frame.file === place?.file && frame.line === place.line
      return locationOf(frame, isPlace ? loopLabelOf(finding) : printable(frame.function), context)
    }),
  ]
  if (steps.length < 2) return undefined
  return { threadFlows: [{ locations: steps.slice(0, maxLocations).map((location) => ({ location })) }] }
}

function locationOf(frame: Frame, text: string, context: ReporterContext): object {
  const message = text === '' ? {} : { message: { text } }
  return { physicalLocation: physicalLocationOf(frame, context), ...message }
}

/** The queries whose rows were looped over, innermost first, as far as their lines are known. */
function parentsOf(finding: Finding): { parent: FindingParent; frame: Frame }[] {
  const found: { parent: FindingParent; frame: Frame }[] = []
  let link: FindingParent | undefined = 'parent' in finding ? finding.parent : undefined
  while (link !== undefined) {
    if (link.callSite !== undefined) found.push({ parent: link, frame: link.callSite })
    link = link.parent
  }
  return found
}
