import type { Engine } from './stack-list.js'

export function createDatabase(engine: Engine, serverUrl?: string): Promise<string>
export function removeDatabase(url: string): void
