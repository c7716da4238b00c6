import { relative } from 'node:path'
import { findBlindSpots } from './instrument/loader.ts'
import { state } from './instrument/state.ts'
import type { Coverage, DriverCoverage } from './model/report.ts'

/** What this process has seen so far, and what not. */
export function processCoverage(): Coverage {
  const { counters } = state
  const spots = findBlindSpots()
  return {
    seen: counters.seen,
    attributed: counters.attributed,
    withCallSite: counters.withCallSite,
    drivers: [...state.drivers.values(), ...spots.map(unhooked)],
    warnings: [
      ...spots.map(blindSpotWarning),
      ...countWarnings(),
      ...ignoredNotes(),
      ...state.failureMessages.map(failure),
    ],
  }
}

/** Drivers and what they hide, for the report of one scope. */
export function driverCoverage(): Pick<Coverage, 'drivers' | 'warnings'> {
  const spots = findBlindSpots()
  return { drivers: [...state.drivers.values(), ...spots.map(unhooked)], warnings: spots.map(blindSpotWarning) }
}

type BlindSpot = ReturnType<typeof findBlindSpots>[number]

function unhooked({ name, version }: BlindSpot): DriverCoverage {
  return { name, version, via: 'none' }
}

function blindSpotWarning({ name, version, reason }: BlindSpot): string {
  const remedy = reason.includes('could not see')
    ? `Load nonplus first (node --import nonplus/register), or call instrument(${name}) where it is imported.`
    : 'Its statements are missing from this report.'
  return `${name} ${version} is loaded, but not watched: ${reason}. ${remedy}`
}

function countWarnings(): string[] {
  const { outside, late, lostCallSites, failures } = state.counters
  const warnings: string[] = []
  if (outside > 0) {
    const places = [...state.outsideSites].map((place) => relative(process.cwd(), place) || place)
    const where = places.length === 0 ? '' : ` (first at ${places.join(', ')})`
    warnings.push(
      `${statements(outside)} ran outside any scope${where}. Start-up code may; wrap jobs and scripts in profile(name, fn).`,
    )
  }
  if (late > 0) {
    warnings.push(
      `${statements(late)} ran after the scope they were started in had closed. Await them, or give them a scope with runInScope(name, fn).`,
    )
  }
  if (lostCallSites > 0) {
    warnings.push(
      `${statements(lostCallSites)} had no application code on the stack, so no line can be shown. Return or await the query's promise up to the handler.`,
    )
  }
  if (failures > 0) {
    warnings.push(`${failures} errors inside nonplus were caught; what they touched is missing. Please report them.`)
  }
  return warnings
}

function ignoredNotes(): string[] {
  return [...state.ignoredReasons].map(([reason, count]) => `${statements(count)} left out by ignore(): ${reason}`)
}

function failure(message: string): string {
  return `nonplus: ${message}`
}

function statements(count: number): string {
  return count === 1 ? '1 statement' : `${count} statements`
}
