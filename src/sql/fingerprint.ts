import type { Dialect } from '../model/statement.ts'
import { shape } from './shape.ts'

export function fingerprintOf(text: string, dialect: Dialect): string {
  shape.read(text, dialect)
  return shape.text
}
