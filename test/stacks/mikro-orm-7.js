export { open } from '../mikro-orm-7/open.js'
export { close, expectations, shapes } from './mikro-orm-shapes.js'

export const title = 'MikroORM 7'

/** Where the shapes are, with their marks. */
export const source = 'mikro-orm-shapes.js'
