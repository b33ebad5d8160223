import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Results that need no seal, as the secret in them stands elsewhere. Expands only: the release before finds no result in such a row,
 * so a retry of what this one issued ends there in an error, and changes nothing.
 */
export class OpenResults1764340000000 implements MigrationInterface {
  name = 'OpenResults1764340000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE idempotency_keys ADD COLUMN result json');
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
