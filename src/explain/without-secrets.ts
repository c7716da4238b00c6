/** A text without the password of a URL, as it is written there and as it is meant. */
export function without(url: string, text: string): string {
  const written = /^[a-z][a-z0-9+]*:\/\/[^/?#]*?:([^/?#]*)@/i.exec(url)?.[1] ?? ''
  const inOptions = [...url.matchAll(/[?&](?:password|pass|pwd)=([^&#]*)/gi)].map(([, value]) => value ?? '')
  let clean = text
  for (const secret of [written, ...inOptions]) {
    for (const form of [secret, decoded(secret)]) if (form !== '') clean = clean.replaceAll(form, '***')
  }
  return clean
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
