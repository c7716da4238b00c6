import { console } from './console.ts'
import { json } from './json.ts'
import { junit } from './junit.ts'
import type { Reporter } from './reporter.ts'
import { sarif } from './sarif.ts'

/** Name of a reporter, as `--reporter` takes it. */
export type ReporterName = 'console' | 'json' | 'junit' | 'sarif'

/** Every reporter by its name. */
export const reporters: Readonly<Record<ReporterName, Reporter>> = { console, json, junit, sarif }
