import { createRequire, Module } from 'node:module'
import { isSandboxed } from './sandbox.ts'

type ModuleTable = Record<string, { exports: unknown; loaded: boolean } | undefined>

/** The table of loaded CommonJS modules, shared by every `require`; in a sandbox its own one. */
export function loadedModules(): ModuleTable {
  if (isSandboxed) return createRequire(import.meta.url).cache as ModuleTable
  return (Module as unknown as { _cache: ModuleTable })._cache
}
