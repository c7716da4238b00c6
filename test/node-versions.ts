import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A Node that tests can start programs with. */
export interface NodeVersion {
  /** `20.20.2`. */
  readonly version: string
  readonly execPath: string
}

const others = ['22', '24'].filter((major) => !process.version.startsWith(`v${major}.`)).map(findNode)

/**
 * The Node that runs the tests, and those installed in test/node-versions (`npm ci --prefix test/node-versions`; they
 * exist for Linux on x64). A version that is missing is told on standard error, because its tests do not run.
 */
export const nodeVersions: readonly NodeVersion[] = [
  { version: process.versions.node, execPath: process.execPath },
  ...others.filter((node) => node !== undefined),
]

function findNode(major: string): NodeVersion | undefined {
  const folder = new URL(`./node-versions/node_modules/node-${major}/`, import.meta.url)
  const execPath = fileURLToPath(new URL('bin/node', folder))
  if (!existsSync(execPath)) {
    process.stderr.write(`Node ${major} is not installed: npm ci --prefix test/node-versions\n`)
    return undefined
  }
  const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { version: string }
  return { version, execPath }
}
