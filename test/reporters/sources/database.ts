export interface Row {
  readonly id: number
  readonly title: string
  readonly author_id: number
  readonly post_id: number
}

export interface Database {
  query(text: string, parameters?: readonly unknown[]): Promise<{ readonly rows: readonly Row[] }>
}
