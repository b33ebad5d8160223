import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * For each revocation list the key that signed it, and how far its tenant's event log went then. Expands only: both are null in lists
 * of the release before, which are signed anew at the next start.
 */
export class ListSigners1764450000000 implements MigrationInterface {
  name = 'ListSigners1764450000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE revocation_lists ADD COLUMN kid text, ADD COLUMN as_of_seq bigint');
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
