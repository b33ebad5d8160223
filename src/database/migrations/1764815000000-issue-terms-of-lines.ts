import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Start and overrides of the licenses that a line of a quote or an order issues. Expands only. */
export class IssueTermsOfLines1764815000000 implements MigrationInterface {
  name = 'IssueTermsOfLines1764815000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['quote_lines', 'order_lines'])
      await runner.query(
        `ALTER TABLE ${table} ADD COLUMN issue_terms jsonb CONSTRAINT ${table}_issue_terms CHECK (issue_terms IS NULL OR kind = 'ISSUE')`,
      );
  }

  down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead.');
  }
}
