import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Terms of licenses that differ from those of their templates. Expands only. */
export class Overrides1764762000000 implements MigrationInterface {
  name = 'Overrides1764762000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE licenses ADD COLUMN overrides jsonb');
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
