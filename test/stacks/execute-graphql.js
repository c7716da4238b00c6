import { buildSchema, graphql } from 'graphql'

const schema = buildSchema(`
  type Query { authors: [Author!]! }
  type Author { id: Int!, books: [Book!]! }
  type Book { title: String }
`)

/** Runs a query for all authors and the books of each; `resolvers` give what each field returns. */
export async function executeGraphql({ authors, books }) {
  const { errors } = await graphql({
    schema,
    source: '{ authors { books { title } } }',
    rootValue: { authors },
    fieldResolver: (source, _args, _context, { fieldName }) => {
      if (fieldName === 'authors') return source.authors()
      return fieldName === 'books' ? books(source) : source[fieldName]
    },
  })
  if (errors !== undefined) throw errors[0]
}
