import { spawn } from 'node:child_process'

/** Cleans up after this process when it ends before it could do so itself. */
export interface Watchdog {
  /** Names the leader of the process group to be ended, in place of the one named before; 0 is none. */
  watch(pid: number): void
  /** Everything is cleaned up: nothing is left to do. */
  dismiss(): void
}

/** What a watchdog does. */
export interface WatchdogOptions {
  /** Ends the process group; one that is still there after five seconds is killed. */
  readonly signal: NodeJS.Signals
  /** Removed once the process group has ended. */
  readonly directory?: string
}

/**
 * Starts a process that waits for the end of this one, whatever ends it: return, `process.exit`, an uncaught error, a
 * signal, SIGKILL. It then ends the process group it was told of, and removes the directory.
 *
 * How it knows: it reads a pipe whose other end only this process holds, and which the operating system closes. That
 * takes no signal handlers, which would change how the host reacts to signals, and no polling of a process id, which
 * may by then be another process.
 */
export function startWatchdog({ signal, directory = '' }: WatchdogOptions): Watchdog {
  const child = spawn(process.execPath, ['-e', script, signal, directory], {
    cwd: '/',
    // In a group of its own, so that Ctrl-C in the terminal does not reach it.
    detached: true,
    // What the host preloads has no business here.
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // Without a watchdog all goes well too, unless the host is killed.
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  child.unref()
  ;(child.stdin as unknown as { unref(): void }).unref()
  return {
    watch: (pid) => child.stdin.write(`${pid}\n`),
    dismiss: () => child.kill('SIGKILL'),
  }
}

// A text, and not a function's text, which build steps add to.
const script = `
const { rmSync } = require('node:fs')
const [, signal, directory] = process.argv
let text = ''
function send(what) {
  const pid = Number(text.trim().split('\\n').at(-1))
  try {
    return pid > 0 && process.kill(process.platform === 'win32' ? pid : -pid, what)
  } catch {
    return false
  }
}
function cleanUp(turnsLeft) {
  if (turnsLeft > 0 && send(0)) return setTimeout(cleanUp, 50, turnsLeft - 1)
  send('SIGKILL')
  if (directory) rmSync(directory, { recursive: true, force: true, maxRetries: 10 })
}
process.stdin.on('data', (chunk) => { text += chunk })
process.stdin.on('end', () => { send(signal); cleanUp(100) })
`
