export function generatePrismaClients(): Promise<void>
