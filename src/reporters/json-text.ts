/** For `JSON.stringify`: durations to the microsecond, since what is beyond is the noise of binary fractions. */
export function roundDurations(key: string, value: unknown): unknown {
  return key.endsWith('Ms') && typeof value === 'number' ? Math.round(value * 1000) / 1000 : value
}

/** Escapes what JSON allows raw and a terminal obeys: DEL and the C1 controls, and overrides of the writing direction. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\u007f-\u009f\p{Bidi_Control}]/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
