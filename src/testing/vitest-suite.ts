import * as vitest from 'vitest'
import { addVitestMatchers } from './add-vitest-matchers.ts'
import { flushSuite, inTestScope, startSuite } from './vitest-parts.ts'
import { namesOf, type Task } from './vitest-task.ts'

type TestFunction = () => unknown

interface TestFunctions {
  get(task: Task): TestFunction | undefined
  set(task: Task, fn: TestFunction): void
}

/** On the runner from Vitest 4.1 on, where the module of their own, which is all there was before, warns of its use. */
async function testFunctions(): Promise<TestFunctions> {
  const { TestRunner } = vitest as unknown as { TestRunner?: Partial<Record<string, unknown>> }
  if (typeof TestRunner?.getTestFn === 'function') {
    const { getTestFn, setTestFn } = TestRunner as { getTestFn: TestFunctions['get']; setTestFn: unknown }
    const isMistaken = setTestFn === getTestFn
    const set = isMistaken ? setInMap(getTestFn) : (setTestFn as TestFunctions['set'])
    return { get: getTestFn, set }
  }
  // Vite looks for what is named, where it is not there as well
  const name = ['vitest', 'suite'].join('/')
  const { getFn, setFn } = (await import(name)) as { getFn: TestFunctions['get']; setFn: TestFunctions['set'] }
  return { get: getFn, set: setFn }
}

function setInMap(get: TestFunctions['get']): TestFunctions['set'] {
  return (task, fn) => mapOf(task, get)?.set(task, fn)
}

/**
 * The map that Vitest keeps the functions of tests in. Its `TestRunner.setTestFn` is the same function as `getTestFn`, by mistake
 * (4.1 to 5.1), so that there is no other way to exchange one: the map is caught while it is asked for a test.
 */
function mapOf(task: Task, get: TestFunctions['get']): WeakMap<Task, TestFunction> | undefined {
  const original = WeakMap.prototype.get
  let map: WeakMap<Task, TestFunction> | undefined
  WeakMap.prototype.get = function (this: WeakMap<Task, TestFunction>, key) {
    if (key === task) map = this
    return original.call(this, key)
  }
  try {
    get(task)
  } finally {
    WeakMap.prototype.get = original
  }
  return map
}

/*
 * Side effect: a set-up file of Vitest. Each test runs as a scope of its own, hooks left out. The function is exchanged
 * when the first hook runs, since Vitest looks for it after the hooks; so tests that run at once have scopes of their own.
 */
startSuite()
addVitestMatchers()
const functions = await testFunctions()

vitest.beforeEach((context) => {
  const task = context.task as unknown as Task
  const fn = functions.get(task)
  if (fn !== undefined) functions.set(task, inTestScope({ file: task.file.filepath, names: namesOf(task) }, fn))
})

vitest.afterAll(() => flushSuite())
