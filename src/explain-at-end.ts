import { clearInterval, setInterval } from 'node:timers'
import { type Explainer, explainers } from './explainer.ts'
import { onceInProcess, reportFailure, state } from './instrument/state.ts'
import { putOffExit } from './put-off-exit.ts'
import type { ScopeRecord } from './recorder.ts'
import { writeText } from './write-text.ts'

/** Longest time the end of a process is put off for plans, in all; and where nobody is told of it. Milliseconds. */
const MAX_DELAY_MS = 60_000
const MAX_SILENT_DELAY_MS = 10_000

/** How often what a script has sent so far is looked through. Milliseconds. */
const LOOK_MS = 500

const PROGRESS_MS = 1_000

interface AtEnd {
  showsProgress: boolean
}

/**
 * Studies what the scope of the process has sent while it goes on, and what is left when the process has nothing else to
 * do. One that is ended by `process.exit()` or a signal gets no time for that.
 */
export function explainAtEnd(): AtEnd {
  return onceInProcess('explain at end', () => {
    const atEnd: AtEnd = { showsProgress: false }
    let spentMs = 0
    let isFinishing = false
    const looker = setInterval(takeAmbient, LOOK_MS).unref()
    const stopPuttingOff = putOffExit(() => {
      takeAmbient()
      const leftMs = (atEnd.showsProgress ? MAX_DELAY_MS : MAX_SILENT_DELAY_MS) - spentMs
      if (isFinishing || leftMs <= 0 || remaining() === 0) return false
      isFinishing = true
      state.processScope?.rest?.()
      const start = performance.now()
      finish(leftMs, atEnd.showsProgress)
        .catch((error) => reportFailure('explain at end', error))
        .finally(() => {
          spentMs += performance.now() - start
          isFinishing = false
        })
      return true
    })
    const endNow = (): void => endExplaining()
    process.on('exit', endNow)
    state.endings.add(() => {
      clearInterval(looker)
      stopPuttingOff()
      process.off('exit', endNow)
      endNow()
    })
    return atEnd
  })
}

/** Gives up what is not explained yet: scopes that wait for it are judged now. */
export function endExplaining(): void {
  for (const explainer of explainers()) explainer.endNow()
}

const lookedAt = new WeakMap<ScopeRecord, number>()

/** Statements of the process scope are learnt of while it is open: it closes with the process. */
function takeAmbient(): void {
  try {
    for (const scope of state.processScope?.unclosed?.() ?? []) {
      const record = scope.record as ScopeRecord | undefined
      if (record === undefined || lookedAt.get(record) === record.messages.length) continue
      // those that have not ended are seen when more have come, or at the end
      if (record.messages.every(({ hasEnded }) => hasEnded)) lookedAt.set(record, record.messages.length)
      for (const explainer of explainers()) explainer.take(record.messages, scope.name)
    }
  } catch (error) {
    reportFailure('explainer', error)
  }
}

function remaining(): number {
  return [...explainers()].reduce((sum, explainer) => sum + explainer.remaining, 0)
}

async function finish(withinMs: number, showsProgress: boolean): Promise<void> {
  const total = remaining()
  const deadline = performance.now() + withinMs
  let nextLine = performance.now() + PROGRESS_MS
  for (const explainer of explainers()) explainer.hurry()
  await new Promise<void>((resolve) => {
    // this timer is what keeps the process alive
    const timer = setInterval(() => {
      const left = remaining()
      const time = performance.now()
      if (left === 0 || time >= deadline) {
        clearInterval(timer)
        resolve()
      } else if (time >= nextLine) {
        nextLine = time + PROGRESS_MS
        if (showsProgress) writeText(2, `nonplus: explaining ${total - left + 1} of ${total} statements\n`)
      }
    }, 10)
  })
  for (const explainer of explainers()) await conclude(explainer)
}

async function conclude(explainer: Explainer): Promise<void> {
  explainer.giveUp()
  await explainer.closeConnections()
}
