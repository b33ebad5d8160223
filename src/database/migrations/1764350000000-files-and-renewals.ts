import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Fills in until when the license files that the log tells of are good, and lets the timer look at licenses that renew themselves and
 * that the release before had passed over. Rows are locked as they are changed, and no table; a file that the release before signs
 * meanwhile is not counted.
 */
export class FilesAndRenewals1764350000000 implements MigrationInterface {
  name = 'FilesAndRenewals1764350000000';

  async up(runner: QueryRunner): Promise<void> {
    const tenants = (await runner.query('SELECT id FROM tenants')) as { id: string }[];
    for (const { id } of tenants) {
      await runner.query(`SELECT set_config('app.tenant_id', $1, true)`, [id]);
      await runner.query(FILES, [id]);
      await runner.query(RENEWALS, [id]);
    }
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}

const FILES = `
  UPDATE licenses SET files_until = file.until
  FROM (SELECT license_id, max((event_data->>'expires_at')::timestamptz) AS until
        FROM (SELECT license_id, event_data FROM license_event_logs WHERE tenant_id = $1 AND event_type = 'license.checked_out'
              UNION ALL
              SELECT license_id, event_data FROM outbox WHERE tenant_id = $1 AND event_type = 'license.checked_out') AS event
        GROUP BY license_id) AS file
  WHERE licenses.tenant_id = $1 AND licenses.license_id = file.license_id AND file.until > now()`;

const RENEWALS = `
  UPDATE licenses SET next_due_at = expiry_date - interval '1 hour'
  WHERE tenant_id = $1 AND status = 'ACTIVE' AND auto_renewal_enabled AND NOT trial AND default_duration IS NOT NULL
    AND expiry_date <= now() AND (next_due_at IS NULL OR next_due_at > expiry_date)`;
