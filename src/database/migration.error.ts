/** The database cannot be migrated. The message states the remedy. */
export class MigrationError extends Error {}
