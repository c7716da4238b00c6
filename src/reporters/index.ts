import { console } from './console.ts'
import { json } from './json.ts'
import { junit } from './junit.ts'
import type { Reporter } from './reporter.ts'

/** Name of a reporter, as `--reporter` takes it. */
export type ReporterName = 'console' | 'json' | 'junit'

/** Every reporter by its name. */
export const reporters: Readonly<Record<ReporterName, Reporter>> = { console, json, junit }
