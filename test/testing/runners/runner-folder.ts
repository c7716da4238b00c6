import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import mysql from 'mysql2/promise'
import pg from 'pg'
import type { Report } from '../../../src/model/report.ts'
import type { Outcome, Project } from '../../cli/project.ts'
import { createDatabase } from '../../create-database.ts'
import { createMysqlDatabase } from '../../create-mysql-database.ts'
import { createLoaderProject, loaderFile } from '../../loaders/index.ts'
import type { NodeVersion } from '../../node-versions.ts'

const SPEC = join(import.meta.dirname, 'spec')

/** A spec file, without its extension. */
export type Spec = 'assertions' | 'pages' | 'retries' | 'snapshots'

/** How a runner is started. */
export interface Start {
  readonly specs: readonly Spec[]
  /** A report of the whole suite is made; else there are assertions only. */
  readonly isSuite: boolean
  /** 1 or more processes, or threads, that run test files. */
  readonly workers: number
  /** Writes snapshots anew. */
  readonly update?: boolean
}

/** A start whose results go to a file of their own, since runs of one folder go on at the same time. */
export interface Started extends Start {
  readonly results: string
}

/** A version of a test runner, with all that differs between runners. */
export interface Runner {
  /** As the table has it: `Vitest 4`, `Jest 30 (ES modules)`. */
  readonly title: string
  readonly node: NodeVersion
  readonly adapter: 'vitest' | 'jest' | 'mocha' | 'node-test'
  /** Packages of the project that are another version than that of test/loaders: name → folder in test/loaders. */
  readonly packages: Readonly<Record<string, string>>
  /** Spec and application are TypeScript, compiled by the runner. */
  readonly isTypeScript: boolean
  /** It keeps snapshots itself. */
  readonly hasSnapshots: boolean
  /** Files of the project beside those of {@link Spec}: name → text. */
  readonly files: Readonly<Record<string, string>>
  command(start: Started): readonly string[]
  /** Variables beside the usual ones. */
  readonly env?: NodeJS.ProcessEnv
  readResults(text: string, folder: string): TestResult[]
}

/** What became of one test. */
export interface TestResult {
  /** As reports of nonplus name it: `assertions.test.js > pg > passes > toRunQueries`. */
  readonly name: string
  readonly status: 'passed' | 'failed' | 'skipped'
  readonly message: string
}

/** One run of a runner. */
export interface Run extends Outcome {
  readonly tests: readonly TestResult[]
  readonly reportFile: string
  /** Of the whole suite; absent where none was written. */
  readonly report: Report | undefined
}

/** The one project that the folders of all runners of a file are in, with a blog in both databases. */
export async function createRunnerProject(): Promise<{ project: Project; databases: NodeJS.ProcessEnv }> {
  const project = await createLoaderProject()
  rmSync(project.path('cases'), { recursive: true })
  const databases = {
    BLOG_PG_URL: await createDatabase('runners'),
    BLOG_MYSQL_URL: await createMysqlDatabase('runners'),
  }
  await fillDatabases(databases)
  return { project, databases }
}

/** The folder of a runner: the spec, and packages in the versions that it runs with. */
export class RunnerFolder {
  readonly runner: Runner
  readonly path: string
  readonly extension: 'js' | 'ts'
  readonly #project: Project
  readonly #databases: NodeJS.ProcessEnv
  #runs = 0

  constructor(runner: Runner, { project, databases }: { project: Project; databases: NodeJS.ProcessEnv }) {
    this.runner = runner
    this.#project = project
    this.#databases = databases
    this.path = runner.title.toLowerCase().replaceAll(/\W+/g, '-')
    this.extension = runner.isTypeScript ? 'ts' : 'js'
    // its own copy, so that it finds these versions
    cpSync(project.path('node_modules/nonplus'), project.path(this.path, 'node_modules/nonplus'), { recursive: true })
    for (const [name, folder] of Object.entries(runner.packages)) {
      project.link(`../${this.path}/node_modules/${name}`, loaderFile(folder))
    }
    for (const name of readdirSync(SPEC).filter((one) => one.endsWith('.js'))) this.#writeSource(name, join(SPEC, name))
    this.#writeSource('runner.js', join(SPEC, 'adapters', `${runner.adapter}.js`))
    for (const [name, text] of Object.entries(runner.files)) this.write(name, text)
  }

  write(name: string, text: string): void {
    this.#project.write(`${this.path}/${name}`, text)
  }

  read(name: string): string {
    return this.#project.read(`${this.path}/${name}`)
  }

  /** `file:line` of the line that a comment marks. */
  place(file: string, mark: string): string {
    return this.#project.place(`${this.path}/${file}`, mark).slice(this.path.length + 1)
  }

  /** Runs the runner, to the end. */
  async run(start: Start, env: NodeJS.ProcessEnv = {}, around: readonly string[] = []): Promise<Run> {
    const [resultsFile, reportFile] = [`results-${++this.#runs}.json`, `report-${this.#runs}.json`]
    const command = [...around, ...this.runner.command({ ...start, results: resultsFile })]
    const reporter = start.isSuite ? { NONPLUS_REPORTER: `json=${reportFile}` } : {}
    const variables = { NO_COLOR: '1', COLUMNS: '100', ...this.#databases, ...this.runner.env, ...reporter, ...env }
    const outcome = await this.#project.start(this.runner.node, command, { cwd: this.path, env: variables }).outcome
    const results = this.read(resultsFile)
    if (results === '') throw new Error(`${command.join(' ')}\n${outcome.stdout}\n${outcome.stderr}`)
    const tests = this.runner.readResults(results, this.#project.path(this.path))
    return { ...outcome, tests, reportFile, report: this.readReport(reportFile) }
  }

  readReport(name: string): Report | undefined {
    const text = this.read(name)
    return text === '' ? undefined : (JSON.parse(text) as Report)
  }

  /** All files of a folder, one after the other. */
  readAll(name: string): string {
    const files = readdirSync(this.#project.path(this.path, name)).sort()
    return files.map((file) => `${file}\n${this.read(`${name}/${file}`)}`).join('\n')
  }

  /** `nonplus` with these arguments, in this folder. */
  nonplus(...args: string[]): Promise<Outcome> {
    return this.#project.start(this.runner.node, [...this.nonplusCommand, ...args], { cwd: this.path }).outcome
  }

  get nonplusCommand(): string[] {
    return ['node', this.#project.path(this.path, 'node_modules/nonplus/dist/cli/index.js')]
  }

  // in TypeScript there are types above the code, which move every line where the compiled code is taken for the source
  #writeSource(name: string, source: string): void {
    const text = readFileSync(source, 'utf8')
    if (this.extension === 'js') this.write(name, text)
    else
      this.write(name.replace(/\.js$/, '.ts'), `// @ts-nocheck\ninterface Moved {\n  readonly line: number\n}\n${text}`)
  }
}

async function fillDatabases({ BLOG_PG_URL, BLOG_MYSQL_URL }: NodeJS.ProcessEnv): Promise<void> {
  const ids = Array.from({ length: 10 }, (_, index) => 730_000 + index)
  const statements = [
    'create table authors (id int primary key, name varchar(40) not null)',
    'create table posts (id int primary key, author_id int not null)',
    `insert into authors values ${ids.map((id) => `(${id + 100}, 'Secret ${id}')`)}`,
    `insert into posts values ${ids.map((id) => `(${id}, ${id + 100})`)}`,
  ]
  const client = new pg.Client({ connectionString: BLOG_PG_URL })
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
  const connection = await mysql.createConnection({ uri: BLOG_MYSQL_URL as string })
  for (const statement of statements) await connection.query(statement)
  await connection.end()
}
