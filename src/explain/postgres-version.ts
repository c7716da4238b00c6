import type { SideConnection } from '../model/side-connection.ts'

/** `18` of `18.4`. */
export function majorOf({ serverVersion }: SideConnection): number {
  return Number.parseInt(serverVersion, 10)
}
