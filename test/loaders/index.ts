import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Project } from '../cli/project.ts'

const modules = join(import.meta.dirname, 'node_modules')

/** Loaders, runners and run times are installed; where not, the tests that want them are skipped, and say so. */
export const hasLoaders: boolean = existsSync(join(modules, 'vitest'))

if (!hasLoaders) {
  process.stderr.write('\n!! Loaders and test runners are not tested: npm ci --prefix test/loaders\n\n')
}

/** Path of a file in a package of test/loaders. */
export function loaderFile(...parts: string[]): string {
  return join(modules, ...parts)
}

/** A project of a user that has the packages of test/loaders besides its own. */
export async function createLoaderProject(): Promise<Project> {
  const project = await Project.create()
  for (const name of readdirSync(modules).flatMap(packagesIn)) {
    if (!existsSync(project.path('node_modules', name))) project.link(name, join(modules, name))
  }
  mkdirSync(project.path('cases'))
  return project
}

function packagesIn(name: string): string[] {
  // types are linked as one folder, of the repository itself
  if (name.startsWith('.') || name === '@types') return []
  return name.startsWith('@') ? readdirSync(join(modules, name)).map((one) => `${name}/${one}`) : [name]
}
