import { createRequire } from 'node:module'
import type { ModelStatic, Model as SequelizeModel, Sequelize as SequelizeType } from 'sequelize'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ignore, type Profiled, profile } from '../../src/index.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { type CallSiteMode, runIn, Scope } from '../../src/instrument/scope.ts'
import { hookSequelize } from '../../src/instrument/sequelize.ts'
import { state } from '../../src/instrument/state.ts'
import { createDatabase } from '../create-database.ts'
import { here } from './record.ts'

const require = createRequire(new URL('../stacks/package.json', import.meta.url))

interface Row extends SequelizeModel {
  readonly id: number
}

let sequelize: SequelizeType
let Author: ModelStatic<Row>
let Hooked: ModelStatic<Row>
let hookLine = ''

beforeAll(async () => {
  hookSequelize()
  const { DataTypes, Sequelize } = require('sequelize') as typeof import('sequelize')
  sequelize = new Sequelize(await createDatabase('remembered'), { logging: false, pool: { max: 2, min: 0 } })
  const id = { type: DataTypes.INTEGER, primaryKey: true }
  const options = { tableName: 'authors', timestamps: false }
  Author = sequelize.define<Row>('Author', { id }, options)
  Hooked = sequelize.define<Row>('Hooked', { id }, options)
  Hooked.addHook('beforeFind', async () => {
    hookLine = here(1)
    await sequelize.query('select 2 as hook')
  })
  await sequelize.query('create table authors (id int primary key); insert into authors values (1), (2), (3)')
})

afterAll(async () => {
  await sequelize?.close()
})

/** Awaits what `call` returns where no frame of the application can be found: in a timer of Node. */
function fromTimer<Value>(call: () => Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    setImmediate(() => void call().then(resolve, reject))
  })
}

function placesOf({ trace }: Profiled<unknown>, text = 'authors'): unknown[] {
  const ours = trace.executions.filter(({ statement }) => trace.statements[statement]?.fingerprint.includes(text))
  return ours.map(({ callSite }) => {
    const frame = callSite === undefined ? undefined : trace.callSites[callSite]?.frames[0]
    return frame && `${frame.file.split('/').at(-1)}:${frame.line}`
  })
}

describe('calls of Sequelize whose promise is returned', () => {
  test('have the line that called, warm and contended', async () => {
    const place = here(1)
    const find = (id: number) => () => Author.findByPk(id)
    const alone = await profile('alone', () => fromTimer(find(1)))
    const beside = await profile('beside', () => Promise.all([1, 2, 3, 1, 2, 3].map((id) => fromTimer(find(id)))))
    expect(placesOf(alone)).toEqual([place])
    expect(placesOf(beside)).toEqual(Array(6).fill(place))
  })

  test('show the function that returned it before the one that awaits it', async () => {
    const place = here(1)
    const find = (): Promise<unknown> => Author.findAll()
    const profiled = await profile('helper', async () => {
      await find()
    })
    expect(placesOf(profiled)).toEqual([place])
  })

  test('a statement that a hook of the application sends keeps its own line', async () => {
    const profiled = await profile('hook', async () => {
      await Hooked.findAll()
    })
    expect(placesOf(profiled, 'hook')).toEqual([hookLine])
  })

  test('keep their names, their receiver and their errors', async () => {
    expect([Author.findAll.name, Author.findAll.length, Author.findByPk.length]).toEqual(['findAll', 1, 2])
    const profiled = await profile('outcomes', async () => [
      (await Author.findByPk(1)) instanceof Author,
      await Author.findByPk({} as never).catch((error: Error) => error.message),
      await sequelize.query('select nothing').catch((error: Error) => error.name),
    ])
    const outside = await Author.findByPk({} as never).catch((error: Error) => error.message)
    expect(profiled.result).toEqual([true, outside, 'SequelizeDatabaseError'])
  })
})

/** Calls remembered while `fn` runs, told by the async context that only they open. */
async function rememberedIn(fn: () => unknown): Promise<boolean> {
  let isRemembered = false
  Author.addHook('beforeFind', 'look', () => {
    isRemembered = state.operations.getStore() !== undefined
  })
  await fn()
  Author.removeHook('beforeFind', 'look')
  return isRemembered
}

describe('calls are remembered only where somebody wants it', () => {
  const inScope = (callSites: CallSiteMode) => () =>
    runIn(new Scope({ name: 'test', kind: 'test', callSites }), () => Author.findAll())

  test('not outside scopes, not without call sites, not where it is ignored', async () => {
    expect(await rememberedIn(() => Author.findAll())).toBe(false)
    expect(await rememberedIn(inScope('none'))).toBe(false)
    expect(await rememberedIn(() => profile('test', () => ignore('a test', () => Author.findAll())))).toBe(false)
    expect(await rememberedIn(inScope('all'))).toBe(true)
  })

  test('with `repeated`, once a line was lost', async () => {
    const { counters } = state
    counters.lostCallSites = 0
    expect(await rememberedIn(inScope('repeated'))).toBe(false)
    counters.lostCallSites = 1
    expect(await rememberedIn(inScope('repeated'))).toBe(true)
    counters.lostCallSites = 0
  })

  test('not after the hooks were taken out', async () => {
    unpatchAll()
    expect(await rememberedIn(inScope('all'))).toBe(false)
  })
})
