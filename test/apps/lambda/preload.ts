import '../graphql/preload.ts'
