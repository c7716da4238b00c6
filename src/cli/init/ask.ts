import type { Change } from './proposal.ts'

/** How the questions of `nonplus init` are put. */
export interface Questions {
  /** @returns those that are wanted, or undefined where the reader wants to leave. */
  choose(changes: readonly Change[]): Promise<readonly Change[] | undefined>
  /** @returns undefined where the reader wants to leave. */
  confirm(message: string): Promise<boolean | undefined>
}

/** Questions on the terminal. Loaded only when there is something to ask. */
export async function askOnTerminal(): Promise<Questions> {
  const { confirm, isCancel, multiselect } = await import('@clack/prompts')
  return {
    async choose(changes) {
      const answer = await multiselect({
        message: 'What do you want? Nothing is written yet.',
        options: changes.map((change, index) => ({ value: index, label: change.title, hint: change.file })),
        initialValues: changes.map((_, index) => index),
        required: false,
      })
      return isCancel(answer) ? undefined : changes.filter((_, index) => answer.includes(index))
    },
    async confirm(message) {
      const answer = await confirm({ message })
      return isCancel(answer) ? undefined : answer
    },
  }
}
