import type { Statement } from '../model/statement.ts'

/** A locking read is sent for its lock. */
export function isLocking({ fingerprint }: Statement): boolean {
  return / for (no key )?(update|share)| for key share| lock in share mode/.test(fingerprint)
}
