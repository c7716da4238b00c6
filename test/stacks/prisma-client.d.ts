export function generatePrismaClient(): void
