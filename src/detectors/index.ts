import type { Detector } from './detector.ts'
import { duplicateQuery } from './duplicate-query.ts'
import { nPlusOne } from './n-plus-one.ts'

/** Every detector. Adding one is a file, its page beside it, and a line here. */
export const detectors = [nPlusOne, duplicateQuery] as const

type Registered = (typeof detectors)[number]

/** Options of each kind: an object with some of its defaults changed, or `false` to leave it out. */
export type DetectorOptions = {
  readonly [Kind in Registered['kind']]?: Partial<Extract<Registered, { kind: Kind }>['defaults']> | false
}

export type { Detector }
