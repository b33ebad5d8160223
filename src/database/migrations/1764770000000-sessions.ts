import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Sessions of browsers, and links that start one. Sessions are found by their digest before the tenant is known, as API keys are, so row-level
 * security does not apply to them. Expands only: the release before has no sessions.
 */
export class Sessions1764770000000 implements MigrationInterface {
  name = 'Sessions1764770000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE sessions (
        session_id uuid PRIMARY KEY,
        tenant_id text,
        session_sha256 bytea NOT NULL UNIQUE,
        method text NOT NULL,
        api_key_id uuid,
        key_sha256 bytea,
        issuer text,
        subject text,
        permissions text[] NOT NULL,
        provider_session text,
        user_agent text,
        authenticated_at timestamptz(3) NOT NULL,
        last_seen_at timestamptz(3) NOT NULL,
        ends_at timestamptz(3) NOT NULL,
        ended_at timestamptz(3),
        end_reason text,
        version integer NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        CONSTRAINT sessions_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id),
        CONSTRAINT sessions_api_key FOREIGN KEY (api_key_id) REFERENCES api_keys (id),
        CONSTRAINT sessions_subject CHECK (
          CASE WHEN api_key_id IS NULL THEN tenant_id IS NOT NULL AND issuer IS NOT NULL AND subject IS NOT NULL ELSE key_sha256 IS NOT NULL END),
        CONSTRAINT sessions_end CHECK ((ended_at IS NULL) = (end_reason IS NULL))
      );
      CREATE INDEX sessions_page ON sessions (tenant_id, created_at, session_id);
      CREATE INDEX sessions_person ON sessions (issuer, subject) WHERE ended_at IS NULL;

      CREATE TABLE sign_in_links (
        link_sha256 bytea PRIMARY KEY,
        api_key_id uuid NOT NULL,
        created_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        used_at timestamptz(3),
        CONSTRAINT sign_in_links_api_key FOREIGN KEY (api_key_id) REFERENCES api_keys (id)
      )`);
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
