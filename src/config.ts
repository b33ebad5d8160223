import { resolve } from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { isEmail } from './shared/http/email.js';

const flag = z.enum(['true', 'false'], { error: () => 'must be true or false' }).transform((value) => value === 'true');
/** Text of a fault, which names the setting and never its value. */
const must = (text: string) => ({ error: () => `must be ${text}` });
const integer = (min: number, max: number) =>
  z.coerce
    .number(must(`a number from ${min} to ${max}`))
    .int()
    .min(min)
    .max(max);
const count = (fallback: number) => integer(1, 1_000_000).default(fallback);
const secret = z.string().regex(/^[0-9a-f]{64}$/i, 'must be 32 bytes as 64 hexadecimal digits (openssl rand -hex 32)');
const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must start with postgres:// or postgresql://')
  .superRefine((url, context) => {
    const fault = faultOfUrl(url);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });

/** The hosts of a URL, and its `host` parameter, which can name more. */
const HOSTS = /^[^/]+:\/\/(?:[^/?#]*@)?([^/?#]*)(?:[^#]*[?&]host=([^&#]*))?/;

/** Returns the fault of a PostgreSQL URL without any part of it, because it contains a password. */
function faultOfUrl(url: string): string | undefined {
  const [, hosts = '', more = ''] = HOSTS.exec(url) ?? [];
  if (`${hosts}${more}`.includes(',')) {
    return 'must name one host: that of the primary, or of a proxy or pooler that follows it after a failover';
  }
  try {
    new pg.Client({ connectionString: url });
    return undefined;
  } catch (error) {
    const file = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return file
      ? 'must name files of certificates and keys that can be read'
      : 'must be a URL, such as postgres://ROLE:PASSWORD@HOST:5432/DATABASE, with special characters percent-encoded';
  }
}

/** Returns the settings of an SMTP URL; undefined if it is not one. Its query is refused, because it could switch TLS off. */
function smtpSettings(url: string): SmtpSettings | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(url);
  const secure = protocol === 'smtps:';
  if ((!secure && protocol !== 'smtp:') || hostname === '' || `${pathname}${search}${hash}`.replace('/', '') !== '')
    return undefined;
  const host = hostname.replace(/^\[|\]$/g, '');
  const auth = username === '' ? undefined : { user: decoded(username), pass: decoded(password) };
  const isLoopback = host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
  return { host, port: Number(port) || (secure ? 465 : 587), secure, requireTls: !secure && !isLoopback, auth };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Returns the parts of `Name <address>` or of a bare address; undefined if there is no e-mail address. */
function mailbox(text: string): Mailbox | undefined {
  const [, name = '', bracketed, bare] = /^(?:"?([^"<>\p{Cc}]*?)"?\s*<([^<>]+)>|([^<>\s]+))$/u.exec(text.trim()) ?? [];
  const address = bracketed ?? bare ?? '';
  return isEmail(address) ? { name, address } : undefined;
}

const seconds = (fallback: number, max: number) => integer(0, max).default(fallback);

const list = z.string().transform((words) => words.split(',').map((word) => word.trim()));

/**
 * Number of proxies in front of the server, or their address ranges. An unlimited range is rejected, since any client could then choose
 * its address.
 */
const trustedProxies = z.union(
  [
    z
      .string()
      .regex(/^[1-9]$/)
      .transform(Number),
    list.pipe(z.array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])).min(1)),
  ],
  must('the number of your proxies (1 to 9) or their addresses, such as 10.0.0.0/8,192.0.2.7'),
);

/** A URL reached over TLS, or on this machine. */
export const SecureUrl = z
  .url('must be a URL with https')
  .refine(
    (url) => /^https:|^http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(`${url}/`),
    'must be a URL with https',
  );

/** Origins that browsers may call from, such as https://app.example.com. */
const origins = list.pipe(
  z.array(
    z
      .string()
      .refine(
        (origin) => URL.canParse(origin) && new URL(origin).origin === origin,
        'must be origins such as https://app.example.com',
      ),
  ),
);

/** Asymmetric algorithms: a verifier cannot create their signatures. */
const SIGNATURE_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Comma-separated words, each of them in `allowed`. */
const wordsOf = (allowed: readonly string[], fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((list) => list.split(',').map((word) => word.trim()))
    .refine((words) => words.every((word) => allowed.includes(word)), `must be one or more of ${allowed.join(', ')}`);

/** The settings, as documented in docs/operations.md. Unknown variables are ignored. */
export const Environment = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: integer(0, 65_535).default(3000),
  DATA_DIR: z.string().min(1).default('.data'),
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_OWNER_URL: postgresUrl.optional(),
  DATABASE_DIRECT_URL: postgresUrl.optional(),
  DATABASE_POOL_SIZE: count(10),
  DATABASE_POOL_WAIT_MS: count(5_000),
  DATABASE_STATEMENT_TIMEOUT_MS: count(10_000),
  DATABASE_LOCK_TIMEOUT_MS: count(2_000),
  DATABASE_IDLE_TRANSACTION_TIMEOUT_MS: count(10_000),
  RELAY_INTERVAL_MS: count(2_000),
  LICENSE_TIMER_INTERVAL_MS: integer(1, 86_400_000).default(60_000),
  REVOCATION_LIST_INTERVAL_MS: integer(1, 86_400_000).default(30_000),
  IDEMPOTENCY_TTL_HOURS: count(24),
  BOOTSTRAP_TENANT: z.string().default('tenant-001'),
  BOOTSTRAP_API_KEY: z.string().optional(),
  SAMPLE_DATA: flag.optional(),
  MASTER_KEY: secret.optional(),
  MASTER_KEYS: list.pipe(z.array(secret).min(1)).optional(),
  LOOKUP_KEY: secret.optional(),
  NEW_LOOKUP_KEY: secret.optional(),
  BACKUP_PASSPHRASE: z.string().min(12, 'must be at least 12 characters').optional(),
  TRUST_PROXY: trustedProxies.optional(),
  CORS_ORIGINS: origins.optional(),
  MAX_IN_FLIGHT: count(1_000),
  HTTP_HEADERS_TIMEOUT_MS: count(10_000),
  HTTP_REQUEST_TIMEOUT_MS: count(30_000),
  HTTP_SHUTDOWN_TIMEOUT_MS: count(20_000),
  RATE_LIMIT_FAILURES: count(30),
  RATE_LIMIT_STORE: z.enum(['memory', 'postgres'], must('memory or postgres')).default('memory'),
  RATE_LIMIT_PER_KEY: integer(1, 1_000_000).optional(),
  RATE_LIMIT_PER_TENANT: integer(1, 1_000_000).optional(),
  CLIENT_RATE_PER_ADDRESS: count(100),
  CLIENT_RATE_PER_LICENSE: count(100),
  /** Unset: half of the limit per license. */
  CLIENT_RATE_PER_LICENSE_AND_ADDRESS: integer(1, 1_000_000).optional(),
  CLIENT_RATE_PER_KEY: count(1_000),
  CLIENT_RATE_BURST_S: count(10),
  CLIENT_UNKNOWN_KEYS_PER_MINUTE: count(30),
  IMPORT_SERVER_URL: z.url().optional(),
  IMPORT_API_KEY: z.string().min(1).optional(),
  COUNTRY_HEADER: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of a header')
    .optional(),
  GEOIP_DATABASE: z.string().min(1).optional(),
  OIDC_ISSUER: SecureUrl.optional(),
  OIDC_AUDIENCE: z.string().min(1).optional(),
  OIDC_TENANT_CLAIM: z.string().min(1).default('tenant_id'),
  OIDC_PERMISSIONS_CLAIM: z.string().min(1).default('permissions'),
  OIDC_ALGORITHMS: wordsOf(SIGNATURE_ALGORITHMS, 'RS256,PS256,ES256,EdDSA'),
  OIDC_CLOCK_TOLERANCE_S: seconds(30, 300),
  OIDC_CLIENT_ID: z.string().min(1).optional(),
  OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  SESSION_IDLE_MINUTES: integer(1, 1_440).default(30),
  SESSION_MAX_HOURS: integer(1, 720).default(12),
  SMTP_URL: z
    .string()
    .refine(
      (url) => smtpSettings(url) !== undefined,
      'must be smtp://USER:PASSWORD@HOST:PORT or smtps://…, with special characters percent-encoded and nothing after the port',
    )
    .optional(),
  EMAIL_FROM: z
    .string()
    .refine((text) => mailbox(text) !== undefined, 'must be an e-mail address, such as Licenses <licenses@example.com>')
    .optional(),
  EMAIL_FROM_DOMAINS: list.pipe(z.array(z.string().regex(/^[a-z0-9.-]+$/))).optional(),
  EMAIL_LIMIT_PER_HOUR: count(1_000),
  EMAIL_CONCURRENCY: integer(1, 100).default(10),
  EMAIL_INTERVAL_MS: integer(1, 86_400_000).default(10_000),
  EMAIL_RETRY_MS: integer(1, 86_400_000).default(60_000),
  EMAIL_ATTEMPT_TIMEOUT_MS: integer(100, 600_000).default(60_000),
  REPORT_INTERVAL_MS: integer(1, 86_400_000).default(5_000),
  PUBLIC_URL: SecureUrl.refine((url) => !/[?#]/.test(url), 'must have no query and no fragment').optional(),
  WORKFLOWS: z.enum(['dbos', 'off'], must('dbos or off')).default('dbos'),
  WORKFLOW_CONCURRENCY: integer(1, 1_000).default(16),
  WORKFLOW_STEP_ATTEMPTS: integer(1, 100).default(16),
  WORKFLOW_RETENTION_DAYS: integer(1, 3_650).default(30),
  LOG_LEVEL: z.enum(['debug', 'log', 'warn', 'error'], must('debug, log, warn or error')).default('log'),
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
  /** Unset: only API keys are accepted, no access tokens. */
  readonly oidc: OidcSettings | undefined;
  /** Unset: e-mail waits. */
  readonly smtp: SmtpSettings | undefined;
  readonly emailFrom: Mailbox | undefined;
  /** Without a slash at its end. */
  readonly publicUrl: string | undefined;

  constructor(readonly settings: Settings) {
    this.host = settings.HOST;
    this.port = settings.PORT;
    this.dataDir = resolve(settings.DATA_DIR);
    this.databaseUrl = settings.DATABASE_URL;
    this.databaseOwnerUrl = settings.DATABASE_OWNER_URL;
    this.oidc = oidcSettings(settings);
    this.smtp = settings.SMTP_URL === undefined ? undefined : smtpSettings(settings.SMTP_URL);
    this.emailFrom = settings.EMAIL_FROM === undefined ? undefined : mailbox(settings.EMAIL_FROM);
    this.publicUrl = settings.PUBLIC_URL?.replace(/\/+$/, '');
    this.sampleData = settings.SAMPLE_DATA ?? settings.DATABASE_URL === undefined;
  }

  /** Returns the URL at which this machine reaches a server that listens on the port. */
  localUrl(port: number): string {
    const { host } = this;
    const isWildcard = host === '0.0.0.0' || host === '::';
    const name = isWildcard ? 'localhost' : host.includes(':') ? `[${host}]` : host;
    return `http://${name}:${port}`;
  }

  /** Tells whether tenants may send e-mail from this address. */
  allowsEmailFrom(address: string): boolean {
    const domain = address.split('@').at(-1)?.toLowerCase() ?? '';
    return this.settings.EMAIL_FROM_DOMAINS?.includes(domain) ?? false;
  }
}

/** Settings for the verification and the claims of access tokens. */
export interface OidcSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly tenantClaim: string;
  readonly permissionsClaim: string;
  readonly algorithms: readonly string[];
  readonly clockToleranceS: number;
  /** Client as which people sign in to the admin UI; undefined: they cannot. Without a secret it is a public client. */
  readonly client: { readonly id: string; readonly secret: string | undefined } | undefined;
}

/** Relay that takes e-mail: `secure` is TLS from the first byte, `requireTls` is STARTTLS or nothing. */
export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly requireTls: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | undefined;
}

/** E-mail address with a display name, which may be empty. */
export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

function oidcSettings(settings: Settings): OidcSettings | undefined {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_CLIENT_ID: id, OIDC_CLIENT_SECRET: secret } = settings;
  if (id === undefined ? secret !== undefined : issuer === undefined) {
    throw new ConfigError('OIDC_CLIENT_SECRET needs OIDC_CLIENT_ID, which needs OIDC_ISSUER.');
  }
  if (issuer === undefined && audience === undefined) return undefined;
  if (issuer === undefined || audience === undefined) {
    throw new ConfigError('OIDC_ISSUER and OIDC_AUDIENCE go together: set both or neither.');
  }
  return {
    issuer,
    audience,
    tenantClaim: settings.OIDC_TENANT_CLAIM,
    permissionsClaim: settings.OIDC_PERMISSIONS_CLAIM,
    algorithms: settings.OIDC_ALGORITHMS,
    clockToleranceS: settings.OIDC_CLOCK_TOLERANCE_S,
    client: id === undefined ? undefined : { id, secret },
  };
}

/** A setting is invalid. The message names the variable and never its value. */
export class ConfigError extends Error {}

/** Reads and validates the environment. No other code reads `process.env`. Throws ConfigError. */
export function loadConfig(environment: Record<string, string | undefined> = process.env): Config {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(present);
  if (parsed.data?.MASTER_KEY && parsed.data.MASTER_KEYS) {
    throw new ConfigError('Set MASTER_KEY or MASTER_KEYS, not both.');
  }
  if (parsed.data?.COUNTRY_HEADER !== undefined && parsed.data.TRUST_PROXY === undefined) {
    throw new ConfigError(
      'COUNTRY_HEADER needs TRUST_PROXY: without a trusted proxy any client could set this header.',
    );
  }
  if (parsed.data?.SMTP_URL !== undefined && parsed.data.EMAIL_FROM === undefined) {
    throw new ConfigError('SMTP_URL needs EMAIL_FROM, the address that e-mail comes from.');
  }
  if (parsed.success) return new Config(parsed.data);
  const faults = parsed.error.issues.map(({ path, message }) => `${String(path[0])} ${message}.`);
  throw new ConfigError(`Invalid configuration. ${[...new Set(faults)].join(' ')}`);
}

/** Returns the environment for a thread, without variables by which the library of workflows would change what it was told. */
export function workerEnvironment(environment: Record<string, string | undefined> = process.env) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('DBOS_')));
}
