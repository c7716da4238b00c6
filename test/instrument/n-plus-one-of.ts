import type { NPlusOneFinding } from '../../src/model/finding.ts'
import { createProfiler } from '../../src/profiler.ts'
import { here } from './record.ts'

/** What a loop over 12 posts was found to be, and where its parent and the query in it are. */
export interface FoundLoop {
  readonly confidence: string | undefined
  readonly count: number | undefined
  readonly column: string | undefined
  /** True where the finding is at the line of the loop. */
  readonly isAtLoop: boolean
  readonly isParentFound: boolean
}

/** Runs the loop every test of a driver ends with, one after the other or at once: its posts, then an author for each. */
export async function findLoop(
  posts: () => Promise<readonly { author_id: number }[]>,
  author: (id: number) => Promise<unknown>,
  atOnce: boolean,
): Promise<FoundLoop> {
  let [loop, parent] = ['', '']
  const { report } = await createProfiler().profile('GET /posts', async () => {
    parent = here(1)
    const rows = await posts()
    if (atOnce) {
      loop = here(1)
      await Promise.all(rows.map(async (row) => await author(row.author_id)))
    } else {
      loop = here(1)
      for (const row of rows) await author(row.author_id)
    }
  })
  const findings = report.findings.filter(({ kind }) => kind === 'n-plus-one') as NPlusOneFinding[]
  const [finding] = findings.length === 1 ? findings : []
  const places = finding?.frames.map(({ file, line }) => `${file.split('/').at(-1)}:${line}`)
  return {
    confidence: finding?.confidence,
    count: finding?.count,
    column: finding?.parent?.column,
    isAtLoop: places?.includes(loop) === true,
    isParentFound: finding?.parent?.callSite !== undefined && parent !== '',
  }
}

/** What it must be. */
export const provenLoop: FoundLoop = {
  confidence: 'proven',
  count: 12,
  column: 'author_id',
  isAtLoop: true,
  isParentFound: true,
}
