import { Module } from 'node:module'

/** The table of loaded CommonJS modules, shared by every `require`. */
export function loadedModules(): Record<string, { exports: unknown; loaded: boolean } | undefined> {
  return (Module as unknown as { _cache: Record<string, { exports: unknown; loaded: boolean } | undefined> })._cache
}
