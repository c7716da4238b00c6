import { readFileSync } from 'node:fs'
import { parseBaseline } from './baseline.ts'
import type { Baseline } from './model/baseline.ts'
import { NonplusError } from './model/errors.ts'

/**
 * Reads a file that `nonplus baseline` wrote.
 *
 * @throws NonplusError ERR_OPTION_INVALID where it is missing or broken, with what is wrong and what to do.
 */
export function readBaseline(file: string): Baseline {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const cause =
      code === 'ENOENT'
        ? 'there is no such file. Write one from a JSON report: nonplus baseline <report.json>'
        : `${message}`
    throw new NonplusError('ERR_OPTION_INVALID', `Cannot read the baseline ${file}: ${cause}`, { cause: error })
  }
  return parseBaseline(text, file)
}
