import { NonplusError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import { isJsonText, parsePlanJson } from './plan-text.ts'
import { type LoggedPlan, loggedPlans } from './postgres-log.ts'
import { type FoundPlan, isPostgresText, plansIn, postgresTextPlans, statementOfLog } from './postgres-text-plan.ts'
import { type PlanReading, readPlan } from './read-plan.ts'
import { mistaken } from './unreadable-plan.ts'

export type { FoundPlan }

/**
 * Reads every plan of a text: one of any engine and format, several of PostgreSQL's text format, or those that auto_explain
 * wrote into a log, in text or JSON, with the statements they are of.
 *
 * @param onBroken called with what is wrong with each plan of a log that cannot be read, where another can; without, the
 *   first is thrown.
 * @returns at least one, in the order of the text.
 * @throws NonplusError `ERR_PLAN_UNREADABLE`: what was expected, and where it broke.
 */
export function readPlans(
  text: string,
  about: PlanReading = {},
  onBroken?: (error: NonplusError) => void,
): FoundPlan[] {
  const logged = loggedPlans(text)
  if (logged.length > 0) return readLog(logged, about, onBroken)
  if (!isJsonText(text) && isPostgresText(text)) return postgresTextPlans(text, about)
  return [{ plan: readPlan(text, about), line: 1 }]
}

/** A log may begin or end within a plan. */
function readLog(
  logged: readonly LoggedPlan[],
  about: PlanReading,
  onBroken: ((error: NonplusError) => void) | undefined,
): FoundPlan[] {
  const [found, broken]: [FoundPlan[], NonplusError[]] = [[], []]
  for (const entry of logged) {
    try {
      found.push(fromLog(entry, about))
    } catch (error) {
      if (!(error instanceof NonplusError)) throw error
      broken.push(error)
    }
  }
  const [first] = broken
  if (first !== undefined && (found.length === 0 || onBroken === undefined)) throw first
  for (const error of broken) onBroken?.(error)
  return found
}

function fromLog({ lines, durationMs }: LoggedPlan, about: PlanReading): FoundPlan {
  const [first] = lines
  const line = first?.number ?? 1
  const text = lines.map((each) => each.text).join('\n')
  const found = text.trimStart().startsWith('{') ? fromJson(text, line, about) : plansIn(lines, about)[0]
  if (found === undefined)
    throw mistaken('a plan of auto_explain', `an entry of a log, from line ${line} on, that has none`)
  const { plan } = found
  return { ...found, plan: { ...plan, mode: modeOf(plan), executionTime: plan.executionTime ?? durationMs } }
}

function fromJson(text: string, line: number, about: PlanReading): FoundPlan {
  const parsed = parsePlanJson(text)
  if ('broken' in parsed)
    throw mistaken(
      'a plan of auto_explain in JSON',
      `a text that ${parsed.broken.isCut ? 'was cut' : 'is no JSON'} at line ${line + parsed.broken.line - 1}`,
    )
  const sent = (parsed.value as { readonly 'Query Text'?: unknown })['Query Text']
  const statement = typeof sent === 'string' ? statementOfLog(sent) : undefined
  const plan = readPlan(parsed.value, about)
  return { plan, line, ...(statement === undefined ? {} : { statement }) }
}

function modeOf({ root }: Plan): Plan['mode'] {
  return root.loops === undefined ? 'plan' : 'auto_explain'
}
