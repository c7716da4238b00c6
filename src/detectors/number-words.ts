import { count } from './plan-words.ts'

/** `0.4 ms`, `655 ms`. */
export function milliseconds(ms: number): string {
  return `${ms < 10 ? Math.round(ms * 10) / 10 : count(ms)} ms`
}

/** `54 %`, of a part of 1. */
export function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}
