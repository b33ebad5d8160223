import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Until when license files are good, on the license that they were made from. Expands only. */
export class FilesUntil1764330000000 implements MigrationInterface {
  name = 'FilesUntil1764330000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE licenses ADD COLUMN files_until timestamptz(3)');
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
