export function generatePrismaClients(name?: string, wanted?: readonly string[]): Promise<void>
