/**
 * Stable name of a finding across runs: its kind and a hash of what does not change when lines move.
 *
 * @param parts fingerprint, file relative to the project, function.
 * @returns `n-plus-one:1f0c9a7be3d25a04`, 64 bits of hash.
 */
export function identityOf(kind: string, parts: readonly string[]): string {
  return `${kind}:${hashOf(parts.join('\u001f'))}`
}

// FNV-1a in two lanes of 32 bits (Fowler, Noll, Vo). No node:crypto, so that detectors stay pure.
function hashOf(text: string): string {
  let first = 0x811c9dc5
  let second = 0x050c5d1f
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    first = Math.imul(first ^ code, 0x01000193)
    second = Math.imul(second ^ (code + index), 0x01000193)
  }
  return [first, second].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('')
}
