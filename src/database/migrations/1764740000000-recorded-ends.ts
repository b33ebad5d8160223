import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Marks subscriptions and invitations of partners whose end the log has. Expands only. */
export class RecordedEnds1764740000000 implements MigrationInterface {
  name = 'RecordedEnds1764740000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE subscriptions ADD COLUMN end_recorded boolean NOT NULL DEFAULT false');
    await runner.query(
      'CREATE INDEX subscriptions_ending ON subscriptions (tenant_id, ends_at) WHERE ends_at IS NOT NULL AND NOT end_recorded',
    );
    await runner.query('ALTER TABLE partner_invitations ADD COLUMN expiry_recorded boolean NOT NULL DEFAULT false');
    await runner.query(`
      CREATE INDEX partner_invitations_expiring ON partner_invitations (tenant_id, expires_at)
        WHERE redeemed_at IS NULL AND withdrawn_at IS NULL AND NOT expiry_recorded`);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
