/** `authorId`, `AuthorID` and aliases such as `Post__post_author_id` as `author_id` and its like. */
export function wordsOf(name: string): string {
  const snake = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
  return snake.replace(/^.*__/, '').replace(/^_+/, '')
}

/** `category` for `categories`, by the rules that hold for most English names of tables. */
export function singularOf(word: string): string {
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`
  if (/(ses|xes|ches|shes)$/.test(word)) return word.slice(0, -2)
  return word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
}
