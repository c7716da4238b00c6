import { isMainThread } from 'node:worker_threads'
import { onceInProcess } from '../instrument/state.ts'
import { loadConfigSync } from '../load-config-sync.ts'
import { NonplusError } from '../model/errors.ts'
import { pickOptions } from '../options.ts'
import { writeText } from '../write-text.ts'
import { NonplusInstrumentation } from './instrumentation.ts'
import type { OtelOptions } from './otel-options.ts'

/** Options as JSON, for those who change no code: `{"spans":false}`. */
const VARIABLE = 'NONPLUS_OTEL'

function start(): void {
  const { config, warning } = loadConfigSync()
  if (warning !== undefined && isMainThread) writeText(2, `nonplus: ${warning}\n`)
  const { values: _, ...options } = pickOptions(config)
  new NonplusInstrumentation({ ...options, ...optionsOf(process.env[VARIABLE]) })
}

function optionsOf(text: string | undefined): OtelOptions {
  if (text === undefined || text === '') return {}
  try {
    return JSON.parse(text) as OtelOptions
  } catch {
    const wanted = `${VARIABLE} must be options as JSON, as in {"spans":false}`
    throw new NonplusError('ERR_OPTION_INVALID', `${wanted}, but got: ${text}.`)
  }
}

/*
 * Side effect only: `node --import nonplus/otel/register`, beside what starts the SDK, before it or after it. What is wrong
 * is said once, and the application runs without us.
 */
if (process.env.NONPLUS !== '0') {
  onceInProcess('otel register', () => {
    try {
      start()
    } catch (error) {
      writeText(2, `nonplus: could not start, nothing is sent to OpenTelemetry: ${(error as Error).message}\n`)
    }
  })
}
