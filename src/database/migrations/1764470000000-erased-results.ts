import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Marks stored results that were removed with a customer's personal data. Expands only: the release before finds no result in such a row, so
 * a retry there ends in an error and changes nothing.
 */
export class ErasedResults1764470000000 implements MigrationInterface {
  name = 'ErasedResults1764470000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE idempotency_keys ADD COLUMN erased boolean NOT NULL DEFAULT false');
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
