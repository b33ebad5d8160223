import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The day of the month that renewals by months return to, and the terms that were edited by hand. Expands only: the release before
 * writes neither, and an `anchor_day` counts only while the expiry is the last day of a shorter month.
 */
export class RenewalDays1764510000000 implements MigrationInterface {
  name = 'RenewalDays1764510000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE licenses ADD COLUMN anchor_day smallint CHECK (anchor_day BETWEEN 29 AND 31),
        ADD COLUMN edited_terms text[] NOT NULL DEFAULT '{}'`);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
