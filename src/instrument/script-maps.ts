import { createRequire } from 'node:module'
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'

interface ParsedScript {
  readonly params: { readonly url: string; readonly sourceMapURL?: string }
}

/** What is used of an inspector session. */
interface Session {
  connect(): void
  on(event: 'Debugger.scriptParsed', listener: (message: ParsedScript) => void): void
  post(method: string): void
  disconnect(): void
}

/**
 * `data:` URLs of the source maps that scripts in memory carry, by file; empty for a script without one. A loader for ES modules hands its maps over in
 * the code, and without `--enable-source-maps` V8 alone still has it. A session of the inspector lists every script at
 * once; it takes milliseconds, and leaves nothing behind.
 */
export function readScriptMaps(): Map<string, string> {
  const maps = new Map<string, string>()
  const { Session } = createRequire(import.meta.url)('node:inspector') as { Session: new () => Session }
  const session = new Session()
  session.connect()
  try {
    session.on('Debugger.scriptParsed', ({ params: { url, sourceMapURL } }) => {
      const map = sourceMapURL?.startsWith('data:') ? sourceMapURL : ''
      if (url.startsWith('file:')) maps.set(fileURLToPath(url), map)
      else if (isAbsolute(url)) maps.set(url, map)
    })
    session.post('Debugger.enable')
    session.post('Debugger.disable')
  } finally {
    session.disconnect()
  }
  return maps
}
