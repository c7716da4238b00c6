import { readFileSync } from 'node:fs'

/**
 * Lines that a stack marks with `// @loop <shape>`, `// @parent <shape>` or `// @helper <shape>`; `on the next line`
 * after it means the line below, and `side by side` that a library calls it for all rows at once.
 *
 * @returns by shape: the lines of each role, and whether the line of the loop awaits a `Promise.all` or says so.
 */
export function readMarks(file) {
  const marks = {}
  const lines = readFileSync(file, 'utf8').split('\n')
  lines.forEach((text, index) => {
    const line = index + (text.includes('on the next line') ? 2 : 1)
    for (const [, role, shape] of text.matchAll(/@(loop|parent|helper) (\w+)/g)) {
      marks[shape] ??= { loop: [], parent: [], helper: [], concurrent: false }
      marks[shape][role].push(line)
      if (role === 'loop' && /Promise\.all\(|side by side/.test(lines[line - 1])) marks[shape].concurrent = true
    }
  })
  return marks
}
