import { expect } from '@jest/globals';
import pg from 'pg';
import { eventually } from './eventually.js';

const TRIGGERS = `
  CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  DECLARE entry jsonb := to_jsonb(NEW);
  BEGIN
    IF TG_TABLE_NAME = 'idempotency_keys' THEN
      PERFORM pg_advisory_xact_lock_shared(hashtext(substr(entry ->> 'key_digest', 3)));
    ELSE
      PERFORM pg_advisory_xact_lock_shared(hashtext(concat_ws(' ', entry ->> 'workflow_uuid', entry ->> 'function_id')));
      PERFORM pg_advisory_xact_lock_shared(hashtext(concat_ws(' ', entry ->> 'workflow_uuid', entry ->> 'function_name')));
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER hold BEFORE INSERT ON workflows.operation_outputs FOR EACH ROW EXECUTE FUNCTION hold();
  CREATE TRIGGER hold BEFORE INSERT ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION hold()`;

const HELD = `
  SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database
  WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()`;

/**
 * Makes two things wait in a database for as long as a test holds them: the checkpoint of a step, which then has its effect, and the
 * claim of an idempotency key, whose command then has none.
 */
export class Holds {
  private constructor(private readonly session: pg.Client) {}

  /** Needs the superuser. */
  static async install(superuserUrl: string): Promise<Holds> {
    const session = new pg.Client({ connectionString: superuserUrl });
    // A test may kill the database.
    session.on('error', () => undefined);
    await session.connect();
    await session.query(TRIGGERS);
    return new Holds(session);
  }

  /** Holds a checkpoint by the name of its step, or by the number that the engine gives it in the run. */
  async holdCheckpoint(tenantId: string, runId: string, step: string | number): Promise<void> {
    await this.hold(`${tenantId}/${runId} ${step}`);
  }

  /** Holds the claim with this digest, in hexadecimal. */
  async holdClaim(digest: string): Promise<void> {
    await this.hold(digest);
  }

  async expectHeld(count: number): Promise<void> {
    expect((await this.session.query(HELD)).rows).toHaveLength(count);
  }

  /** Lets go of everything after the server was killed. What waits is ended before, since PostgreSQL would carry it out now. */
  async releaseAfterKill(): Promise<void> {
    await this.session.query(`SELECT pg_terminate_backend(pid) FROM (${HELD}) AS held`);
    await eventually(() => this.expectHeld(0));
    await this.session.query('SELECT pg_advisory_unlock_all()');
  }

  /** Lets go of everything, and removes the triggers. */
  async remove(): Promise<void> {
    await this.session.query('DROP FUNCTION hold() CASCADE');
    await this.end();
  }

  /** Lets go of everything. */
  async end(): Promise<void> {
    await this.session.end();
  }

  private async hold(what: string): Promise<void> {
    await this.session.query('SELECT pg_advisory_lock(hashtext($1))', [what]);
  }
}
