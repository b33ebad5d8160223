import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Terms in months or years. Expands only. */
export class CalendarTerms1764722000000 implements MigrationInterface {
  name = 'CalendarTerms1764722000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE license_templates ADD COLUMN default_term jsonb');
    await runner.query('ALTER TABLE licenses ADD COLUMN default_term jsonb');
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
