import { installHttpScopes } from '../../../src/instrument/http.ts'
import { nameScope } from '../../../src/instrument/http-route.ts'

installHttpScopes()
Object.assign(globalThis, { nameScope })
