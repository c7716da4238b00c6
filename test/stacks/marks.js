import { readFileSync } from 'node:fs'

/**
 * Lines that a stack marks with `// @loop <shape>`, `// @parent <shape>` or `// @helper <shape>`; `on the next line`
 * after it means the line below.
 *
 * @returns by shape: the lines of each role, and whether the line of the loop awaits a `Promise.all`.
 */
export function readMarks(file) {
  const marks = {}
  const lines = readFileSync(file, 'utf8').split('\n')
  lines.forEach((text, index) => {
    const line = index + (text.includes('on the next line') ? 2 : 1)
    for (const [, role, shape] of text.matchAll(/@(loop|parent|helper) (\w+)/g)) {
      marks[shape] ??= { loop: [], parent: [], helper: [], concurrent: false }
      marks[shape][role].push(line)
      if (role === 'loop' && lines[line - 1].includes('Promise.all(')) marks[shape].concurrent = true
    }
  })
  return marks
}
