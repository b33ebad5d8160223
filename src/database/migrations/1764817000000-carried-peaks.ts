import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Peaks of days without a change of seats: each row has the seats in use at the end of its day, and the licenses with most of them have rows of
 * such days. Expands only: the release before stores its rows with the defaults, and days before have their peaks after `rebuild-reports`.
 */
export class CarriedPeaks1764817000000 implements MigrationInterface {
  name = 'CarriedPeaks1764817000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE report_seat_peaks
        ADD COLUMN in_use integer NOT NULL DEFAULT 0,
        ADD COLUMN is_carried boolean NOT NULL DEFAULT false;
      ALTER TABLE report_cursors ADD COLUMN day date;
      CREATE INDEX report_licenses_in_use ON report_licenses (tenant_id, seats_in_use DESC, license_id)
        WHERE seats_in_use > 1 AND (status = 'ACTIVE' OR in_grace)`);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
