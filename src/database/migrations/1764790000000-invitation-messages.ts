import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Messages know the invitation whose code they bring, which is made when they are sent. Expands only. */
export class InvitationMessages1764790000000 implements MigrationInterface {
  name = 'InvitationMessages1764790000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE email_messages ADD COLUMN invitation_id uuid');
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
