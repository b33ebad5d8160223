/** A database that cannot be migrated as asked. The message says what to do. */
export class MigrationError extends Error {}
