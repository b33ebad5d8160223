import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Until when license files are good, on the license that they were made from, with what the log tells of those that are out.
 * Expands only: a file that the release before signs meanwhile is not counted.
 */
export class FilesUntil1764330000000 implements MigrationInterface {
  name = 'FilesUntil1764330000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE licenses ADD COLUMN files_until timestamptz(3)');
    const tenants = (await runner.query('SELECT id FROM tenants')) as { id: string }[];
    for (const { id } of tenants) {
      await runner.query(`SELECT set_config('app.tenant_id', $1, true)`, [id]);
      await runner.query(FILL, [id]);
    }
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}

const FILL = `
  UPDATE licenses SET files_until = file.until
  FROM (SELECT license_id, max((event_data->>'expires_at')::timestamptz) AS until
        FROM (SELECT license_id, event_data FROM license_event_logs WHERE tenant_id = $1 AND event_type = 'license.checked_out'
              UNION ALL
              SELECT license_id, event_data FROM outbox WHERE tenant_id = $1 AND event_type = 'license.checked_out') AS event
        GROUP BY license_id) AS file
  WHERE licenses.tenant_id = $1 AND licenses.license_id = file.license_id AND file.until > now()`;
