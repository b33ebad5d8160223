import { randomBytes } from 'node:crypto';
import type { ModuleMetadata } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { v7 as uuidv7 } from 'uuid';
import { AppModule } from '../../src/app.module.js';
import { loadConfig, type Config } from '../../src/config.js';
import { APP_OPTIONS, prepareApp } from '../../src/create-app.js';
import { sessionSettings } from '../../src/database/session-settings.js';
import { withClient } from '../../src/database/with-client.js';
import { PublishRevocationListCommand } from '../../src/offline/index.js';
import { createFastifyAdapter } from '../../src/create-fastify.js';
import { Secrets } from '../../src/shared/secrets/secrets.js';
import { Actor } from '../../src/shared/access/actor.js';
import { apiKeyPrefix, generateApiKey, hashApiKey } from '../../src/tenants/api-key.js';
import { TenantRegistry } from '../../src/tenants/index.js';
import { Api } from './api.js';
import { TestDatabase } from './database.js';
import { builtDocument } from './openapi.js';

export interface TestAppOptions {
  readonly database?: TestDatabase;
  readonly secrets?: Secrets;
  /** Variables of the environment, as an operator would set them. */
  readonly environment?: Record<string, string>;
  /** Sibling modules that use this one over the bus. */
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  /** As which role the application reaches the database; the application role if not given. */
  readonly databaseUrl?: string;
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

export interface LogLine {
  readonly level: string;
  /** The name of the logger. */
  readonly context: string;
  readonly content: string;
}

/**
 * Lists are signed when a test asks for it: the first one makes a key, and that has events. Few tests need the engine of workflows. Timers
 * sweep at the start, and when a test asks for it.
 */
const QUIET = {
  WORKFLOWS: 'off',
  LOG_LEVEL: 'error',
  RATE_LIMIT_FAILURES: '1000000',
  CLIENT_UNKNOWN_KEYS_PER_MINUTE: '1000000',
  REVOCATION_LIST_INTERVAL_MS: '86400000',
  LICENSE_TIMER_INTERVAL_MS: '86400000',
};

/** Lets a test send as many requests of programs as it likes. */
export const NO_CLIENT_LIMITS: Record<string, string> = Object.fromEntries(
  ['ADDRESS', 'LICENSE', 'LICENSE_AND_ADDRESS', 'KEY'].map((per) => [`CLIENT_RATE_PER_${per}`, '1000000']),
);

/** Environment in which runs of workflows stay as they were started, because the engine never reaches its database. */
export const IDLE_ENGINE = { WORKFLOWS: 'dbos', DATABASE_DIRECT_URL: 'postgres://nobody@127.0.0.1:1/none' };

/** The real application on a database of its own, listening on loopback. Nothing is replaced that the test does not name. */
export class TestApp {
  readonly document = builtDocument;

  private constructor(
    readonly nest: NestFastifyApplication,
    readonly database: TestDatabase,
    readonly secrets: Secrets,
    private readonly ownsDatabase: boolean,
  ) {}

  static async start(options: TestAppOptions = {}): Promise<TestApp> {
    const database = options.database ?? (await TestDatabase.create());
    const config = loadConfig({ ...QUIET, ...options.environment });
    const secrets = options.secrets ?? new Secrets([randomBytes(32)], randomBytes(32));
    const databaseUrl = withTimeouts(options.databaseUrl ?? database.applicationUrl, config);
    const builder = Test.createTestingModule({
      imports: [AppModule.forRoot({ config, databaseUrl, secrets }), ...(options.imports ?? [])],
    });
    const module = await (options.override?.(builder) ?? builder).compile();
    const nest = module.createNestApplication<NestFastifyApplication>(createFastifyAdapter(config), APP_OPTIONS);
    nest.useLogger(false);
    await prepareApp(nest, config);
    // Otherwise supertest listens anew for each request, and waits for the end of that.
    await nest.listen(0, '127.0.0.1');
    return new TestApp(nest, database, secrets, options.database === undefined);
  }

  /** A new tenant, seen through its admin key. */
  async tenant(id = `tenant-${randomBytes(6).toString('hex')}`): Promise<Api> {
    const key = generateApiKey();
    await withClient(this.database.ownerUrl, (owner) => new TenantRegistry(owner).create(id, key, new Date()));
    return new Api(this.nest, this.document, id, key);
  }

  /** Signs a tenant's revocation list, as the background does. The first one makes the tenant's first key. */
  signRevocations({ tenantId }: Api) {
    return this.nest.get(CommandBus).execute(new PublishRevocationListCommand(Actor.service('test', tenantId)));
  }

  /** A further key of a tenant. */
  async key(
    tenantId: string,
    permissions: string[],
    { expiresAt = null as Date | null, role = null as string | null, partnerId = null as string | null } = {},
  ): Promise<Api> {
    const key = generateApiKey();
    await this.database.query(
      `INSERT INTO api_keys (id, tenant_id, name, permissions, key_sha256, key_prefix, created_at, expires_at, role, partner_id)
       VALUES ($1, $2, 'test', $3, $4, $5, now(), $6, $7, $8)`,
      [uuidv7(), tenantId, permissions, hashApiKey(key), apiKeyPrefix(key), expiresAt, role, partnerId],
    );
    return new Api(this.nest, this.document, tenantId, key);
  }

  /** A key of the platform: of no tenant, allowed everything. */
  async platform(role: string | null = 'platform', permissions: string[] = []): Promise<Api> {
    const key = generateApiKey();
    await this.database.query(
      `INSERT INTO api_keys (id, name, role, permissions, key_sha256, key_prefix, created_at)
       VALUES ($1, 'platform', $2, $3, $4, $5, now())`,
      [uuidv7(), role, permissions, hashApiKey(key), apiKeyPrefix(key)],
    );
    return new Api(this.nest, this.document, '', key);
  }

  /** As somebody with a token of the identity provider. */
  bearer(tenantId: string, token: string): Api {
    return new Api(this.nest, this.document, tenantId, token);
  }

  anonymous(): Api {
    return new Api(this.nest, this.document, '', undefined);
  }

  /** Collects the log lines of every application of this process, from now on until `silence`. */
  recordLog(): LogLine[] {
    const lines: LogLine[] = [];
    const recorder = (level: string) => (content: unknown, context?: unknown) => {
      lines.push({ level, context: String(context), content: JSON.stringify(content) });
    };
    this.nest.useLogger({
      log: recorder('log'),
      warn: recorder('warn'),
      error: recorder('error'),
      fatal: recorder('fatal'),
    });
    return lines;
  }

  silence(): void {
    this.nest.useLogger(false);
  }

  async stop(): Promise<void> {
    this.silence();
    await this.nest.close();
    if (this.ownsDatabase) await this.database.drop();
  }
}

/** Several applications of one test may want other limits of one role: so theirs are sent when they connect. */
export function withTimeouts(databaseUrl: string, config: Config): string {
  const wanted = Object.entries(sessionSettings(config)).filter(([name]) => name.endsWith('_timeout'));
  const url = new URL(databaseUrl);
  url.searchParams.set('options', wanted.map(([name, value]) => `-c ${name}=${value}`).join(' '));
  return url.href;
}
