import { hookBluebird } from './instrument/bluebird.ts'
import { hookBookshelf } from './instrument/bookshelf.ts'
import { hookGraphql } from './instrument/graphql.ts'
import { installHttpScopes } from './instrument/http.ts'
import { installScopeLibraries } from './instrument/install-scope-libraries.ts'
import { hookKnex } from './instrument/knex.ts'
import { watchLambda } from './instrument/lambda.ts'
import { installLoader } from './instrument/loader.ts'
import { hookMikroOrm } from './instrument/mikro-orm.ts'
import { hookPrisma } from './instrument/prisma.ts'
import { installProcessScope } from './instrument/process-scope.ts'
import { isSandboxed } from './instrument/sandbox.ts'
import { hookSequelize } from './instrument/sequelize.ts'
import { hookSlonik } from './instrument/slonik.ts'
import { state } from './instrument/state.ts'
import { hookTypeorm } from './instrument/typeorm.ts'
import { defaultCallSites, type ProfilerOptions } from './options.ts'
import { startRecorder } from './recorder.ts'
import { installServerTiming } from './server-timing.ts'

/** Hooks drivers as they are loaded, and opens the scopes that the options ask for; nobody judges them yet. */
export function startWatching(options: ProfilerOptions): void {
  watchDrivers()
  if (process.env.NONPLUS !== '0') {
    const callSites = options.callSites ?? defaultCallSites()
    if (options.http !== false) {
      installServerTiming(options)
      installHttpScopes({ callSites })
      watchLambda(callSites)
    }
    if (options.jobs !== false) installScopeLibraries(callSites)
    if (options.processScope === true) installProcessScope(callSites)
  }
}

let isWatching = false

/**
 * Hooks drivers as they are loaded. Looks through all loaded modules, so only once; again where every hook has been taken
 * out, or no load is seen.
 */
export function watchDrivers(): void {
  if ((isWatching && state.drivers.size > 0 && !isSandboxed) || process.env.NONPLUS === '0') return
  isWatching = true
  startRecorder()
  installLoader()
  hookBluebird()
  hookBookshelf()
  hookKnex()
  hookMikroOrm()
  hookPrisma()
  hookSequelize()
  hookSlonik()
  hookTypeorm()
  hookGraphql()
}
