import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import pg from 'pg'
import type { Report } from '../../src/model/report.ts'
import { createDatabase } from '../create-database.ts'
import type { NodeVersion } from '../node-versions.ts'

const root = join(import.meta.dirname, '../..')

/** How a program is started; all may be left out. */
export interface StartOptions {
  /** Variables beside the usual ones. */
  readonly env?: NodeJS.ProcessEnv
  /** Relative to the project. */
  readonly cwd?: string
}

/** How a program ended, and what it printed. */
export interface Outcome {
  /** Exit code, or the signal it was killed by. */
  readonly end: number | NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A program that runs. */
export interface Running {
  readonly process: ChildProcess
  readonly pid: number
  /** What it printed so far. */
  readonly stdout: () => string
  readonly stderr: () => string
  readonly outcome: Promise<Outcome>
}

/**
 * A project of a user: the apps of test/apps/run in a folder of its own, with nonplus as it is published and drivers in
 * its node_modules. There is a space in its path.
 */
export class Project {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'nonplus project '))
  readonly databaseUrl: string
  readonly #temporary: string = join(this.folder, 'tmp')

  private constructor(databaseUrl: string) {
    this.databaseUrl = databaseUrl
  }

  static async create(): Promise<Project> {
    const databaseUrl = await createDatabase('project')
    await fillDatabase(databaseUrl)
    const project = new Project(databaseUrl)
    cpSync(join(root, 'test/apps/run'), project.folder, { recursive: true })
    mkdirSync(project.#temporary)
    writeFileSync(project.path('package.json'), JSON.stringify({ name: 'app', scripts: { start: 'node esm.mjs' } }))
    installNonplus(join(project.folder, 'node_modules/nonplus'))
    for (const name of ['pg', 'mysql2', 'tsx', 'typescript', 'esbuild', '@types', ...dependencies()]) project.link(name)
    return project
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts)
  }

  /** Links a package of this repository, or a folder of the project, into its node_modules. */
  link(name: string, target: string = join(root, 'node_modules', name)): void {
    const link = this.path('node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(target, link)
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(this.path(file)), { recursive: true })
    writeFileSync(this.path(file), text)
  }

  /** `file:line` of the line that a comment marks, as a report shows it. */
  place(file: string, mark = '// the loop'): string {
    const lines = readFileSync(this.path(file), 'utf8').split('\n')
    return `${file}:${lines.findIndex((line) => line.includes(mark)) + 1}`
  }

  /** Text of a file; empty where there is none yet. */
  read(file: string): string {
    return existsSync(this.path(file)) ? readFileSync(this.path(file), 'utf8') : ''
  }

  readReport(file: string): Report {
    return JSON.parse(readFileSync(this.path(file), 'utf8')) as Report
  }

  /** Temporary files of nonplus that are still there. */
  leftovers(): string[] {
    return readdirSync(this.#temporary).filter((name) => name.includes('nonplus'))
  }

  /** Starts a command with `node` on its path being this version. */
  start(node: NodeVersion, command: readonly string[], { env = {}, cwd = '.' }: StartOptions = {}): Running {
    const [program = '', ...args] = command
    const { PATH = '', HOME, LANG } = process.env
    const child = spawn(program === 'node' ? node.execPath : program, args, {
      cwd: this.path(cwd),
      env: {
        PATH: [this.binFor(node), this.path('node_modules/.bin'), PATH].join(delimiter),
        HOME,
        LANG,
        TMPDIR: this.#temporary,
        DATABASE_URL: this.databaseUrl,
        ...env,
      },
    })
    const texts = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        texts[name] += chunk
      })
    }
    const outcome = once(child, 'close').then(([code, signal]) => ({ end: code ?? signal, ...texts }))
    return { process: child, pid: child.pid ?? 0, stdout: () => texts.stdout, stderr: () => texts.stderr, outcome }
  }

  /** `nonplus run` with these arguments. */
  startRun(node: NodeVersion, args: readonly string[], options?: StartOptions): Running {
    return this.start(node, ['node', this.path('node_modules/nonplus/dist/cli/index.js'), 'run', ...args], options)
  }

  run(node: NodeVersion, args: readonly string[], options?: StartOptions): Promise<Outcome> {
    return this.startRun(node, args, options).outcome
  }

  /** `node --import nonplus/register` with these arguments. */
  startRegistered(node: NodeVersion, args: readonly string[], options?: StartOptions): Running {
    return this.start(node, ['node', '--import', 'nonplus/register', ...args], options)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  // a folder in which `node` is this version, since the folder of the binary holds npm and more
  private binFor({ version, execPath }: NodeVersion): string {
    const folder = this.path('bin', version)
    mkdirSync(folder, { recursive: true })
    try {
      symlinkSync(execPath, join(folder, 'node'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    return folder
  }
}

// copied, not linked: the files of a package do not change while it runs, those of the build may
function installNonplus(folder: string): void {
  for (const part of ['dist', 'schema', 'package.json']) {
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
}

function dependencies(): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return Object.keys(dependencies)
}

async function fillDatabase(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query(`
    create table authors (id int primary key, name text not null);
    create table posts (id int primary key, author_id int not null references authors);
    insert into authors select n, 'author ' || n from generate_series(101, 110) n;
    insert into posts select n, 100 + n from generate_series(1, 10) n;
  `)
  await client.end()
}
