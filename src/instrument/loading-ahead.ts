let isLoading = false

/** Loads or uses drivers that the application may never use. */
export function whileLoadingAhead<Loaded>(load: () => Loaded): Loaded {
  const wasLoading = isLoading
  isLoading = true
  try {
    return load()
  } finally {
    isLoading = wasLoading
  }
}

/** True while nonplus itself loads or uses a driver, which looks as if the application did. */
export function isLoadingAhead(): boolean {
  return isLoading
}
