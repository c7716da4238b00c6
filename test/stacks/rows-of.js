/** Rows of a raw query, which builders give as the driver does: in an object, first of a list, or alone. */
export function rowsOf(result) {
  return result.rows ?? (Array.isArray(result[0]) ? result[0] : result)
}
