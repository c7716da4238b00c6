import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { unsupportedDrivers } from './instrument/index.ts'
import { type BlindSpot, findBlindSpots } from './instrument/loader.ts'
import { type Counters, state } from './instrument/state.ts'
import type { Coverage, DriverCoverage } from './model/report.ts'

/** What one process has seen and missed, in numbers; serialisable, so that processes of one run can be summed up. */
export interface ProcessCoverage {
  readonly counters: Readonly<Counters>
  /** Hooked drivers, as they were loaded. */
  readonly drivers: readonly DriverCoverage[]
  readonly blindSpots: readonly BlindSpot[]
  /** First places of statements outside any scope, as `file:line` with an absolute path. */
  readonly outsideSites: readonly string[]
  /** Reasons given to `ignore()`, each with its number of statements. */
  readonly ignoredReasons: readonly (readonly [reason: string, count: number])[]
  readonly failureMessages: readonly string[]
  /** What was let go because of a bound, each with its number. Absent in logs of older versions. */
  readonly losses?: readonly (readonly [what: string, count: number])[]
}

/** @param blindSpots known ones, where looking for them would take too long. */
export function measureCoverage(blindSpots: readonly BlindSpot[] = findBlindSpots()): ProcessCoverage {
  return {
    counters: state.counters,
    drivers: [...state.drivers.values()],
    blindSpots,
    outsideSites: [...state.outsideSites],
    ignoredReasons: [...state.ignoredReasons],
    failureMessages: state.failureMessages,
    losses: [...state.losses],
  }
}

/** What this process has seen so far, and what not. */
export function processCoverage(): Coverage {
  return sumCoverage([measureCoverage()])
}

/** Drivers and what they hide, for the report of one scope. */
export function driverCoverage(): Pick<Coverage, 'drivers' | 'warnings'> {
  const blindSpots = findBlindSpots()
  return {
    drivers: inOrder([...state.drivers.values(), ...blindSpots.map(unhooked)]),
    warnings: blindSpots.map(blindSpotWarning),
  }
}

/** The coverage of several processes as one, in words. */
export function sumCoverage(parts: readonly ProcessCoverage[]): Coverage {
  const total = (name: keyof Counters): number => parts.reduce((sum, { counters }) => sum + counters[name], 0)
  const drivers = parts.flatMap((part) => part.drivers)
  const blindSpots = distinct(parts.flatMap((part) => part.blindSpots))
  const warnings = [
    ...blindSpots.map(blindSpotWarning),
    ...(total('seen') === 0 && blindSpots.length === 0 ? unwatchedDependencies().map(dependencyWarning) : []),
    ...outsideWarning(total('outside'), distinct(parts.flatMap((part) => part.outsideSites))),
    ...lateWarning(total('late')),
    ...lostWarning(total('lostCallSites')),
    ...mergedWarning(total('merged')),
    ...ignoredNotes(parts),
    ...lossWarnings(parts),
    ...failureWarnings(total('failures'), distinct(parts.flatMap((part) => part.failureMessages))),
  ]
  return {
    seen: total('seen'),
    attributed: total('attributed'),
    withCallSite: total('withCallSite'),
    drivers: inOrder(distinct([...drivers, ...blindSpots.map(unhooked)])),
    warnings,
  }
}

function distinct<Item>(items: readonly Item[]): Item[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()]
}

/** By name: which of two is loaded first is the loader's choice. */
function inOrder(drivers: readonly DriverCoverage[]): DriverCoverage[] {
  const keyed = drivers.map((driver) => [`${driver.name} ${driver.version}`, driver] as const)
  return keyed.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, driver]) => driver)
}

function unhooked({ name, version }: BlindSpot): DriverCoverage {
  return { name, version, via: 'none' }
}

function blindSpotWarning({ name, version, reason }: BlindSpot): string {
  return reason === 'unseen'
    ? `${name} ${version} was loaded where nonplus could not see it, and is not watched. Load nonplus first ` +
        `(node --import nonplus/register), or call instrument(${name}) where it is imported.`
    : `${name} ${version} is loaded, and this version of nonplus has no hook for it: its statements are missing here. ` +
        'Do not take this report for the whole picture.'
}

/** Drivers in the package.json of the program that cannot be watched. ES modules are not seen when they are loaded. */
function unwatchedDependencies(): string[] {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    try {
      const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        dependencies?: Record<string, string>
      }
      return unsupportedDrivers.filter((name) => Object.hasOwn(dependencies, name))
    } catch {
      // no package.json here
    }
    if (dirname(folder) === folder) return []
  }
}

function dependencyWarning(name: string): string {
  return `${name} is in package.json, and this version of nonplus has no hook for it: its statements would not be seen.`
}

function outsideWarning(count: number, places: readonly string[]): string[] {
  if (count === 0) return []
  const where = places.length === 0 ? '' : ` (first at ${places.slice(0, 3).join(', ')})`
  const advice = 'has lost the async context of its request, or wants runInScope(name, fn)'
  return [`${statements(count)} ran outside any scope${where}. Start-up and pollers may; anything else ${advice}.`]
}

function lateWarning(count: number): string[] {
  if (count === 0) return []
  const what = `${statements(count)} ran after the scope they were started in had closed.`
  return [`${what} Await them, or give them a scope with runInScope(name, fn).`]
}

function lostWarning(count: number): string[] {
  if (count === 0) return []
  const what = `${statements(count)} had no application code on the stack, so no line can be shown.`
  return [`${what} Await the query in the function that sends it, rather than return its promise.`]
}

function mergedWarning(count: number): string[] {
  if (count === 0) return []
  const calls = count === 1 ? '1 call of Prisma was' : `${count} calls of Prisma were`
  return [
    `${calls} sent in one batch with calls of another scope, and counted there: it gathers the findUnique of one tick, ` +
      'whoever asks.',
  ]
}

function ignoredNotes(parts: readonly ProcessCoverage[]): string[] {
  const counts = new Map<string, number>()
  for (const [reason, count] of parts.flatMap((part) => part.ignoredReasons)) {
    counts.set(reason, (counts.get(reason) ?? 0) + count)
  }
  return [...counts].map(([reason, count]) => `${statements(count)} left out by ignore(): ${reason}`)
}

function lossWarnings(parts: readonly ProcessCoverage[]): string[] {
  const counts = new Map<string, number>()
  for (const [what, count] of parts.flatMap(({ losses = [] }) => losses)) {
    counts.set(what, (counts.get(what) ?? 0) + count)
  }
  return [...counts].map(([what, count]) => `${count} ${what}.`)
}

function failureWarnings(count: number, messages: readonly string[]): string[] {
  if (count === 0) return []
  const errors = count === 1 ? '1 error inside nonplus was' : `${count} errors inside nonplus were`
  const summary = `${errors} caught; what they touched is missing. Please report them.`
  return [summary, ...messages.slice(0, 10).map((message) => `nonplus: ${message}`)]
}

function statements(count: number): string {
  return count === 1 ? '1 statement' : `${count} statements`
}
