import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How long license files may be, on templates and licenses. Expands only: the release before copies no cap. */
export class LengthOfFiles1764520000000 implements MigrationInterface {
  name = 'LengthOfFiles1764520000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['license_templates', 'licenses']) {
      await runner.query(
        `ALTER TABLE ${table} ADD COLUMN file_ttl_max_seconds integer CHECK (file_ttl_max_seconds >= 60)`,
      );
    }
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
