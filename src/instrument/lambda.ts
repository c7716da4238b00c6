import { loadedModules } from './instrument.ts'
import { onModuleLoad } from './loader.ts'
import { wrapMethod } from './patch.ts'
import { type CallSiteMode, Scope } from './scope.ts'
import { onceInProcess, reportFailure, state } from './state.ts'

/** What the runtime gets when it asks for work. */
interface Invocation {
  /** The event, as text. */
  readonly bodyJson: string
  readonly headers: Readonly<Record<string, string | undefined>>
}

type Next = (...args: unknown[]) => Promise<Invocation>

/**
 * Opens a scope for every invocation of an AWS Lambda function, and closes it when the runtime hands over the outcome,
 * or asks for the next one. Handlers need no wrapper, however they are written.
 *
 * The runtime talks to the service through a native client, in every version of it: `next`, then `done` or `error`. It
 * awaits `next` in the very function that goes on to call the handler, so a scope entered in that call is the one the
 * handler runs in.
 */
export function watchLambda(callSites: CallSiteMode): void {
  if (process.env.AWS_LAMBDA_RUNTIME_API === undefined) return
  onceInProcess('lambda', () => {
    const hook = (file: string, exports: unknown): void => {
      if (file.endsWith('rapid-client.node')) wrapClient(exports as object, callSites)
    }
    for (const [file, module] of Object.entries(loadedModules())) hook(file, module?.exports)
    onModuleLoad((request, _resolve, exports) => hook(request, exports))
    return true
  })
}

function wrapClient(client: object, callSites: CallSiteMode): void {
  let current: Scope | undefined
  wrapMethod(client, 'next', (original, wrapping) => {
    return function next(this: unknown, ...args) {
      // an answer that is streamed is sent by other means
      current?.close()
      current = undefined
      if (!wrapping.isActive) return Reflect.apply(original, this, args)
      const scope = new Scope({ name: functionName(), kind: 'request', callSites })
      current = scope
      state.storage.enterWith(scope)
      return begin(() => Reflect.apply(original as Next, this, args), scope)
    }
  })
  for (const name of ['done', 'error']) {
    wrapMethod(client, name, (original) => {
      return function end(this: unknown, ...args) {
        const error = name === 'error' ? /"errorType"\s*:\s*"([^"]+)"/.exec(String(args[1]))?.[1] : undefined
        if (current !== undefined && error !== undefined) current.attributes['error.type'] = error
        current?.close()
        current = undefined
        return Reflect.apply(original, this, args)
      }
    })
  }
}

/** The scope begins when the work is there: until then the process may have been frozen for hours. */
async function begin(next: () => Promise<Invocation>, scope: Scope): Promise<Invocation> {
  const invocation = await next()
  try {
    scope.begin()
    describe(scope, invocation)
  } catch (error) {
    reportFailure('lambda invocation', error)
  }
  return invocation
}

/** Attributes by the OpenTelemetry conventions for functions. */
function describe(scope: Scope, { bodyJson, headers }: Invocation): void {
  const id = headers['lambda-runtime-aws-request-id']
  scope.attributes['faas.name'] = functionName()
  if (id !== undefined) scope.attributes['faas.invocation_id'] = id
  // API Gateway and function URLs tell the route near the beginning of the event
  const route = /"routeKey"\s*:\s*"([A-Z]+ \/[^"\\]*)"/.exec(bodyJson.slice(0, 1_000))?.[1]
  if (route !== undefined) {
    scope.name = `${scope.name} ${route}`
    scope.attributes['http.route'] = route.slice(route.indexOf('/'))
  }
}

function functionName(): string {
  return process.env.AWS_LAMBDA_FUNCTION_NAME ?? process.env._HANDLER ?? 'handler'
}
