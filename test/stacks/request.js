/** Requests of a cell, and children of each. */
export const REQUESTS = [1, 2, 3, 4, 5, 6]
export const AUTHORS_PER_REQUEST = 6

/** Bounds of the author ids of a request; request 0 has no authors and only warms the pool. */
export function authorRange(request) {
  return [request * 1000, request * 1000 + 999]
}

/** SQL that raw stacks share. */
export const AUTHORS_SQL = 'select id, name from authors where id between $1 and $2 order by id'
export const BOOKS_SQL = 'select id, author_id, title from books where author_id = $1'

/** The same for drivers that number nothing. */
export const POSITIONAL_AUTHORS_SQL = 'select id, name from authors where id between ? and ? order by id'
export const POSITIONAL_BOOKS_SQL = 'select id, author_id, title from books where author_id = ?'
