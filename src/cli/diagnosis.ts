import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { instrumentations, unsupportedDrivers } from '../instrument/index.ts'
import { instruments } from './doctor-words.ts'
import {
  findInstalled,
  foldersAbove,
  type InstalledPackage,
  type Manifest,
  readManifest,
} from './installed-packages.ts'
import { isInRange } from './version-range.ts'

/** One copy of a driver, and whether it would be watched. */
export interface DriverDiagnosis extends InstalledPackage {
  /** `none`: it would not be watched. */
  readonly via: 'patch' | 'channel' | 'none'
  /** Why not. */
  readonly reason?: string
}

/** What was found beside drivers. */
export interface Fact {
  readonly topic: string
  readonly text: string
}

/** What `nonplus doctor` found in a project. */
export interface Diagnosis {
  readonly drivers: readonly DriverDiagnosis[]
  readonly facts: readonly Fact[]
  /** What keeps something from being watched, and what to do. */
  readonly problems: readonly string[]
}

/** What a diagnosis depends on beside the files of the project. */
export interface Surroundings {
  readonly nodeVersion: string
  readonly env: Readonly<Record<string, string | undefined>>
}

const OLDEST_NODE = '20.19.0'

/** Looks at the project in a folder; runs nothing of it. */
export function diagnose(folder: string, { nodeVersion, env }: Surroundings): Diagnosis {
  const manifest = foldersAbove(folder).flatMap((one) => readManifest(one) ?? [])[0] ?? {}
  const drivers = diagnoseDrivers(folder, nodeVersion)
  const kept = drivers.filter((driver) => isWorthTelling(driver, manifest))
  const packages = findInstalled(folder, new Set(instruments.map(({ name }) => name)))
  const project: Project = { folder, manifest, packages, drivers: kept }
  return {
    drivers: kept,
    facts: [...factsOf(project), ...environmentFacts(env)],
    problems: [
      ...environmentProblems(nodeVersion, env),
      ...driverProblems(project),
      ...nextProblems(project),
      ...bundleProblems(project),
    ],
  }
}

interface Project {
  readonly folder: string
  readonly manifest: Manifest
  readonly packages: readonly InstalledPackage[]
  readonly drivers: readonly DriverDiagnosis[]
}

function diagnoseDrivers(folder: string, nodeVersion: string): DriverDiagnosis[] {
  const names = new Set([...instrumentations.map(({ module }) => module), ...unsupportedDrivers])
  const builtIn = instrumentations.filter(({ module, versions }) => {
    return module.startsWith('node:') && isInRange(nodeVersion, versions)
  })
  return [
    ...findInstalled(folder, names).map(diagnoseDriver),
    ...builtIn.map(({ module, via }) => ({ name: module, version: nodeVersion, path: 'Node.js itself', via })),
  ]
}

function diagnoseDriver(driver: InstalledPackage): DriverDiagnosis {
  const known = instrumentations.filter(({ module }) => module === driver.name)
  if (known.length === 0) return { ...driver, via: 'none', reason: 'this version of nonplus has no hook for it' }
  const fitting = known.find(({ versions }) => isInRange(driver.version, versions))
  if (fitting === undefined) {
    const ranges = known.map(({ versions }) => versions).join(', or ')
    return { ...driver, via: 'none', reason: `tested with ${ranges} only` }
  }
  return { ...driver, via: viaOf(fitting, driver.version) }
}

function viaOf(instrumentation: (typeof instrumentations)[number], version: string): 'patch' | 'channel' {
  try {
    return instrumentation.viaOf?.({}, version) ?? instrumentation.via
  } catch {
    return instrumentation.via
  }
}

/** A driver without a hook that some package brings along is most often one of many that an ORM could use. */
function isWorthTelling({ name, via }: DriverDiagnosis, manifest: Manifest): boolean {
  return via !== 'none' || !unsupportedDrivers.includes(name) || isDependency(manifest, name)
}

function isDependency({ dependencies, devDependencies, optionalDependencies }: Manifest, name: string): boolean {
  return name in { ...dependencies, ...devDependencies, ...optionalDependencies }
}

function driverProblems(project: Project): string[] {
  const { drivers, manifest } = project
  const missing = [...instrumentations.map(({ module }) => module), ...unsupportedDrivers].filter((name) => {
    return isDependency(manifest, name) && !drivers.some((driver) => driver.name === name)
  })
  const unwatched = drivers.filter((driver) => driver.via === 'none' && isNear(project, driver))
  const problems = [
    ...missing.map((name) => `${name} is in package.json, but not installed. Run npm install.`),
    ...unwatched.map(({ name, version, path, reason }) => {
      const remedy = unsupportedDrivers.includes(name)
        ? 'Its statements would be missing from every report.'
        : `It may be hooked all the same, but nobody has tried: use a version in the range.`
      return `${name} ${version} in ${path}: ${reason}. ${remedy}`
    }),
  ]
  if (drivers.length > 0 || missing.length > 0) return problems
  return [
    'No driver was found that nonplus knows. Call this in the folder of the program, with its packages installed.',
  ]
}

/**
 * A copy that is there for tools of tools, as the command of Prisma brings a PGlite, is no driver of the project: the
 * project, or a package it depends on itself, must ask for it.
 */
function isNear({ folder, manifest }: Project, { name, path }: DriverDiagnosis): boolean {
  if (path !== join('node_modules', name) || isDependency(manifest, name)) return true
  const { dependencies, devDependencies, optionalDependencies } = manifest
  return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }).some((dependency) => {
    const asked = readManifest(join(folder, 'node_modules', dependency))
    return name in { ...asked?.dependencies, ...asked?.optionalDependencies, ...asked?.peerDependencies }
  })
}

function environmentProblems(nodeVersion: string, env: Surroundings['env']): string[] {
  return [
    ...(isInRange(nodeVersion, `>=${OLDEST_NODE}`)
      ? []
      : [`Node.js ${nodeVersion} is too old: nonplus needs ${OLDEST_NODE} or later.`]),
    ...(env.NONPLUS === '0' ? ['NONPLUS=0 is set, which turns nonplus off. Unset it: unset NONPLUS.'] : []),
  ]
}

function environmentFacts({ NODE_OPTIONS }: Surroundings['env']): Fact[] {
  if (NODE_OPTIONS === undefined || NODE_OPTIONS === '') return []
  const what = NODE_OPTIONS.includes('nonplus') ? 'every Node.js program here loads nonplus' : 'nonplus run adds to it'
  return [{ topic: 'NODE_OPTIONS', text: `${NODE_OPTIONS}: ${what}` }]
}

function factsOf({ packages, manifest, folder }: Project): Fact[] {
  const facts = instruments.flatMap(({ name, topic, text }) => {
    const copies = packages.filter((one) => one.name === name)
    // a tool that came with another package is not what the project works with
    if (copies.length === 0 || ((topic === 'test runner' || topic === 'messages') && !isUsed(name, manifest, folder)))
      return []
    const versions = [...new Set(copies.map(({ version }) => version))].join(', ')
    return [{ topic, text: `${name} ${versions}: ${text}` }]
  })
  const scripts = Object.values(manifest.scripts ?? {}).join('\n')
  if (/\bnode\b.* --test\b/.test(scripts)) {
    const text = 'node:test: assertions: nonplus/testing; a scope per test: node --require nonplus/node-test --test'
    facts.push({ topic: 'test runner', text })
  }
  return facts
}

function isUsed(name: string, manifest: Manifest, folder: string): boolean {
  if (isDependency(manifest, name) || name in manifest) return true
  const config = new RegExp(`^(${name}\\.config\\.\\w+|\\.${name}rc(\\.\\w+)?)$`)
  return readdirSync(folder).some((file) => config.test(file))
}

/** Next.js bundles what is neither on its own list of external packages nor on the project's. */
function nextProblems({ folder, manifest, packages, drivers }: Project): string[] {
  const next = packages.find(({ name }) => name === 'next')
  if (next === undefined || !isDependency(manifest, 'next')) return []
  const own = ['server-external-packages.jsonc', 'server-external-packages.json']
    .map((file) => readText(join(folder, next.path, 'dist/lib', file)))
    .join('')
  const config = readdirSync(folder)
    .filter((file) => /^next\.config\.\w+$/.test(file))
    .map((file) => readText(join(folder, file)))
    .join('')
  const bundled = distinct(
    drivers
      .filter(({ name, via }) => via === 'patch' && isDependency(manifest, name))
      .map(({ name }) => name)
      .filter((name) => !`${own}${config}`.match(new RegExp(`["'\`]${name}["'\`]`))),
  )
  return bundled.map((name) => {
    return `Next.js puts ${name} into its bundle, where no hook sees it. Add to next.config: serverExternalPackages: ['${name}'].`
  })
}

const BUNDLER = /\b(esbuild|webpack|rollup|rolldown|tsup|ncc|bun build)\b/
const CONFIG = /^(webpack|rollup|rolldown|tsup|esbuild)\.config\.\w+$/

/** A bundler may take drivers into its file; told only where its flags leave that open. */
function bundleProblems({ folder, manifest, drivers }: Project): string[] {
  const scripts = Object.entries(manifest.scripts ?? {}).filter(([, text]) => BUNDLER.test(text))
  const texts = [
    ...scripts.map(([name, text]) => [`the script ${name}`, text] as const),
    ...readdirSync(folder)
      .filter((file) => CONFIG.test(file))
      .map((file) => [file, readText(join(folder, file))] as const),
  ]
  const names = distinct(
    drivers.filter(({ name, via }) => via === 'patch' && isDependency(manifest, name)).map(({ name }) => name),
  )
  return texts.flatMap(([where, text]) => {
    const open = names.filter((name) => !isKeptOut(text, name))
    if (open.length === 0) return []
    const calls = open.map((name) => `instrument(${name})`).join(', ')
    return [
      `A bundler is used (${where}), and ${open.join(', ')} may end in its file, where no hook sees it. Leave it out ` +
        `(external), or call ${calls} in the program.`,
    ]
  })
}

function isKeptOut(text: string, name: string): boolean {
  if (/\besbuild\b/.test(text) && !text.includes('bundle')) return true
  if (/packages[=:]\s*['"]?external|nodeExternals|--external[:= ]['"]?\*/.test(text)) return true
  return new RegExp(`external\\w*[^\\n]*\\b${name}\\b`).test(text)
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)]
}
