import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { isatty } from 'node:tty'
import { NonplusError } from '../model/errors.ts'

/** How a program is run. */
export interface ForegroundOptions {
  readonly env: NodeJS.ProcessEnv
  /** Where the standard output of the program goes. */
  readonly stdout: 'stdout' | 'stderr'
}

/** How a program ended: one of the two. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A program that could not be started. */
export class StartError extends NonplusError {
  /** As shells have it: 127 where there is no such program, 126 where it cannot be run. */
  readonly exitCode: 126 | 127

  constructor(program: string, cause: NodeJS.ErrnoException) {
    const isMissing = cause.code === 'ENOENT' || (cause.code === 'EACCES' && !isFound(program))
    const reason = isMissing ? 'there is no such program' : cause.message
    super('ERR_COMMAND_FAILED', `Cannot run \`${program}\`: ${reason}.`, { cause })
    this.exitCode = isMissing ? 127 : 126
  }
}

// EACCES may also mean that PATH has a folder this user may not look into
function isFound(program: string): boolean {
  if (/[\\/]/.test(program)) return true
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}

/** A terminal sends these to every process of the job, the program included. */
const JOB_SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGHUP']
const OTHER_SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGUSR1', 'SIGUSR2']

/**
 * Runs a program in place of this process: with its input, its output, and the signals it gets. From here on this
 * process leaves signals to the program, and ends when that has ended, with {@link endAs}.
 *
 * @throws StartError
 */
export function runInForeground(command: readonly string[], options: ForegroundOptions): Promise<Ending> {
  const [program = '', ...args] = command
  // before the program is there, so that no signal ends this process and leaves the program behind
  passSignals((signal) => child.kill(signal))
  const child = spawn(program, args, {
    env: options.env,
    stdio: [0, options.stdout === 'stdout' ? 1 : 2, 2, ...(process.send === undefined ? [] : ['ipc' as const])],
    shell: process.platform === 'win32',
  })
  if (process.send !== undefined) passMessages(child)
  // no child is left behind by an error of our own
  process.once('exit', () => child.kill())
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new StartError(program, error)))
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
}

function passSignals(pass: (signal: NodeJS.Signals) => void): void {
  // Sent on as well, Ctrl-C would come twice, and the second one means "at once" to many programs.
  const isTerminal = [0, 1, 2].some(isatty)
  for (const signal of JOB_SIGNALS) {
    process.on(signal, () => {
      if (!isTerminal) pass(signal)
    })
  }
  for (const signal of OTHER_SIGNALS) process.on(signal, () => pass(signal))
}

/** For whoever forked this process and means the program. */
function passMessages(child: ChildProcess): void {
  child.on('message', (message) => process.send?.(message))
  process.on('message', (message: object) => child.connected && child.send(message))
  process.once('disconnect', () => child.connected && child.disconnect())
  child.once('close', () => process.connected && process.disconnect())
}

/** Signals that are safe to die of a second time: the others would write a core file of this process. */
const PLAIN_SIGNALS: readonly NodeJS.Signals[] = [...JOB_SIGNALS, ...OTHER_SIGNALS, 'SIGKILL', 'SIGALRM', 'SIGPIPE']

/** Ends this process as the program ended: with the same code, or of the same signal. */
export function endAs({ code, signal }: Ending): void {
  if (signal === null) {
    process.exitCode = code ?? 0
    return
  }
  process.exitCode = 128 + constants.signals[signal]
  if (!PLAIN_SIGNALS.includes(signal) || signal === 'SIGQUIT' || process.platform === 'win32') return
  process.removeAllListeners(signal)
  // a signal of one's own may come a moment later
  setTimeout(() => {}, 1000)
  process.kill(process.pid, signal)
}
