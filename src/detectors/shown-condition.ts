/** A condition as prose shows it between backquotes: without those that MySQL and MariaDB put around names. */
export function shownCondition({ text }: { readonly text: string }): string {
  return text.replaceAll('`', '')
}
