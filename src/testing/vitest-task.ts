/** The parts of a task of Vitest that are read, the same in Vitest 3 to 5. */
export interface Task {
  readonly name: string
  readonly suite?: Task
  readonly file: { readonly filepath: string }
}

/** Names of the blocks around a test, and its own. */
export function namesOf(task: Task): string[] {
  const names: string[] = []
  for (let one: Task | undefined = task; one !== undefined && one.name !== ''; one = one.suite) names.unshift(one.name)
  return names
}
