import { ConfigError } from './config.js';
import { EmbeddedPostgresError } from './embedded-postgres/binaries.js';
import { MigrationError } from './database/migrate.js';
import { UnsafeDatabaseError } from './database/preflight.js';
import { isConnectionLoss, sqlError } from './database/sql-errors.js';
import { MaintenanceError } from './maintenance/index.js';
import { SignInLinkError } from './sessions/index.js';
import { TenantRegistryError } from './tenants/index.js';

const EXPECTED = [
  ConfigError,
  EmbeddedPostgresError,
  MigrationError,
  UnsafeDatabaseError,
  TenantRegistryError,
  MaintenanceError,
  SignInLinkError,
];
/** Message of pg, which has no code for this error. */
const NO_PASSWORD = 'client password must be a';
const WRONG_PASSWORD = '28';
const NO_SUCH_DATABASE = '3D000';
const PROTOCOL_VIOLATION = '08P01';
const TOO_MANY_CONNECTIONS = '53300';

/** Returns a sentence with the remedy for an expected failure, a stack for a defect. */
export function describeFailure(error: unknown, failed = 'did not start'): string {
  const sentence = sentenceFor(error);
  if (sentence !== undefined) return `Imprimatur ${failed}. ${sentence}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function sentenceFor(error: unknown): string | undefined {
  if (EXPECTED.some((kind) => error instanceof kind)) return (error as Error).message;
  if (error instanceof Error && error.message.includes(NO_PASSWORD)) {
    return 'The database requires a password: add it to DATABASE_URL, as in postgres://ROLE:PASSWORD@HOST:5432/DATABASE.';
  }
  const code = sqlError(error)?.code ?? '';
  if (code.startsWith(WRONG_PASSWORD)) return 'The database rejected the role or password in DATABASE_URL.';
  if (code === NO_SUCH_DATABASE) return 'The database named in the URL does not exist: create it.';
  if (code === PROTOCOL_VIOLATION) {
    return 'The pooler in DATABASE_URL refuses the connection: let it pool transactions, and leave out what follows "?" in the URL.';
  }
  if (code === TOO_MANY_CONNECTIONS) {
    return 'The database in DATABASE_URL has no connection left: raise its limit, or lower DATABASE_POOL_SIZE.';
  }
  if (isConnectionLoss(error)) return 'The database in DATABASE_URL cannot be reached.';
  return undefined;
}
