import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Columns of the license lifecycle. The migration only expands: the release before issues licenses that are no trials and that the timer
 * looks at once, as at all that were there before.
 */
export class Lifecycle1764100000000 implements MigrationInterface {
  name = 'Lifecycle1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TRIALS);
    await runner.query(TIME);
    await runner.query(LISTS);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}

/** The customer and product of a trial stay written when the license is converted or goes to somebody else. */
const TRIALS = `
  ALTER TABLE licenses
    ADD COLUMN trial boolean NOT NULL DEFAULT false,
    ADD COLUMN trial_customer_id text,
    ADD COLUMN trial_product_id text,
    ADD CHECK ((trial_customer_id IS NULL) = (trial_product_id IS NULL)),
    ADD CHECK (NOT trial OR trial_customer_id IS NOT NULL);
  CREATE UNIQUE INDEX licenses_one_trial ON licenses (tenant_id, trial_customer_id, trial_product_id)
    WHERE trial_customer_id IS NOT NULL;
`;

/** When time will next do something to the license: a reminder, its renewal, its expiry, the end of its grace. */
const TIME = `
  ALTER TABLE licenses ADD COLUMN next_due_at timestamptz(3) DEFAULT '1970-01-01T00:00:00Z';
  CREATE INDEX licenses_due ON licenses (tenant_id, next_due_at) WHERE status = 'ACTIVE' AND next_due_at IS NOT NULL;
`;

/**
 * Licenses that are suspended, revoked or expired would otherwise be looked for among all the others, which are newer. Of what has
 * expired those are in the index of which it is in the log; the others are due, and in the index above.
 */
const LISTS = `
  CREATE INDEX licenses_status_page ON licenses (tenant_id, status, created_at, license_id) WHERE status <> 'ACTIVE';
  CREATE INDEX licenses_expired_page ON licenses (tenant_id, created_at, license_id)
    WHERE status = 'ACTIVE' AND expiry_date IS NOT NULL AND (next_due_at IS NULL OR next_due_at > expiry_date);
`;
