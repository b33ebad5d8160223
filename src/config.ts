import { resolve } from 'node:path';
import { z } from 'zod';

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const count = (fallback: number) => z.coerce.number().int().positive().max(1_000_000).default(fallback);
const secret = z.string().regex(/^[0-9a-f]{64}$/i, 'must be 32 bytes as 64 hexadecimal digits (openssl rand -hex 32)');
const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must start with postgres:// or postgresql://');

/** The environment, as documented in the README's table of settings. Unknown variables are left alone. */
const Environment = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  DATA_DIR: z.string().min(1).default('.data'),
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_OWNER_URL: postgresUrl.optional(),
  DATABASE_POOL_SIZE: count(10),
  DATABASE_POOL_WAIT_MS: count(5_000),
  DATABASE_STATEMENT_TIMEOUT_MS: count(10_000),
  DATABASE_LOCK_TIMEOUT_MS: count(2_000),
  DATABASE_IDLE_TRANSACTION_TIMEOUT_MS: count(10_000),
  RELAY_INTERVAL_MS: count(2_000),
  IDEMPOTENCY_TTL_HOURS: count(24),
  BOOTSTRAP_TENANT: z.string().default('tenant-001'),
  BOOTSTRAP_API_KEY: z.string().optional(),
  SAMPLE_DATA: flag.optional(),
  MASTER_KEY: secret.optional(),
  LOOKUP_KEY: secret.optional(),
  LOG_LEVEL: z.enum(['debug', 'log', 'warn', 'error']).default('log'),
});

type Settings = z.output<typeof Environment>;

/** The settings of one process. Times in milliseconds, `dataDir` absolute. */
export class Config {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** Unset: the embedded PostgreSQL under `dataDir`. */
  readonly databaseUrl: string | undefined;
  readonly databaseOwnerUrl: string | undefined;
  readonly sampleData: boolean;

  constructor(readonly settings: Settings) {
    this.host = settings.HOST;
    this.port = settings.PORT;
    this.dataDir = resolve(settings.DATA_DIR);
    this.databaseUrl = settings.DATABASE_URL;
    this.databaseOwnerUrl = settings.DATABASE_OWNER_URL;
    this.sampleData = settings.SAMPLE_DATA ?? settings.DATABASE_URL === undefined;
  }
}

/** A setting that cannot be used. The message names the variable and never its value. */
export class ConfigError extends Error {}

/** Reads and validates the environment. Source: `process.env`, which nothing else reads. Throws ConfigError. */
export function loadConfig(environment: Record<string, string | undefined> = process.env): Config {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(present);
  if (parsed.success) return new Config(parsed.data);
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`The environment is not usable. ${problems.join('; ')}.`);
}
