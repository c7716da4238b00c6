import { console } from './console.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { json } from './json.ts'
import { junit } from './junit.ts'
import { markdown } from './markdown.ts'
import type { Reporter } from './reporter.ts'
import { sarif } from './sarif.ts'
import { trace } from './trace.ts'

/** Name of a reporter, as `--reporter` takes it. */
export type ReporterName = 'console' | 'github' | 'gitlab' | 'json' | 'junit' | 'markdown' | 'sarif' | 'trace'

/** Every reporter by its name. */
export const reporters: Readonly<Record<ReporterName, Reporter>> = {
  console,
  github,
  gitlab,
  json,
  junit,
  markdown,
  sarif,
  trace,
}
