export function createDatabase(serverUrl: string): Promise<string>
