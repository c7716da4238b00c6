import type { Finding } from './model/finding.ts'
import type { Coverage, Report, ReportScope } from './model/report.ts'
import { ScopeSieve, sieveNotes } from './scope-sieve.ts'
import { version } from './version.ts'

/** Scopes and findings that become a report, bounded by a {@link ScopeSieve}. */
export class KeptScopes {
  readonly sieve: ScopeSieve = new ScopeSieve()
  readonly #scopes: ReportScope[] = []
  readonly #findings: Finding[] = []

  add(scope: ReportScope, findings: readonly Finding[]): void {
    const sifted = this.sieve.sift(scope, findings)
    if (sifted.isListed) this.#scopes.push(scope)
    this.#findings.push(...sifted.findings)
  }

  /** What was kept so far, in the order it was added; what was not is said in the warnings. */
  report({ warnings, ...coverage }: Coverage, notes: readonly string[] = []): Report {
    const unlisted = this.sieve.totals()
    const left = sieveNotes({ droppedFindings: this.sieve.droppedFindings, totals: unlisted })
    return {
      version: 1,
      tool: { name: 'nonplus', version },
      scopes: [...this.#scopes],
      ...(unlisted.length > 0 ? { unlisted } : {}),
      findings: [...this.#findings],
      coverage: { ...coverage, warnings: [...warnings, ...left, ...notes] },
    }
  }
}
