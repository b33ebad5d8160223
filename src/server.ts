import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { ConfigError, type Config } from './config.js';
import { createApp } from './create-app.js';
import { EmbeddedPostgres, embeddedProblem } from './embedded-postgres/embedded-postgres.js';
import { databaseTime } from './database/database-time.js';
import { migrate } from './database/migrate.js';
import { keepsNamedStatements } from './database/named-statements.js';
import { monitorOf } from './database/pool.js';
import { assertSafeDatabase, assertSessionSettings } from './database/preflight.js';
import { selectWith } from './database/select.js';
import { withClient } from './database/with-client.js';
import { assertSecretsMatch, hasIssuedLicenses } from './licensing/index.js';
import { RevocationListPublisher } from './offline/index.js';
import { addSampleData } from './sample-data.js';
import { createSignInLink, SignInLinkError, signInUrl } from './sessions/index.js';
import { loadSecrets } from './shared/secrets/load-secrets.js';
import { assertSigningKeysOpen, hasSigningKeys } from './signing/index.js';
import { bootstrap, type Bootstrapped } from './tenants/index.js';

/** A running server. */
export interface Server {
  readonly app: NestFastifyApplication;
  readonly url: string;
  /** Resources that were created in an empty embedded database. */
  readonly bootstrapped: Bootstrapped | undefined;
  /** Address that signs a browser in once, where one was asked for. */
  readonly signInUrl: string | undefined;
  /** Resolves if the embedded database ended or has another keeper; the process must end then. */
  readonly databaseLost: Promise<Error>;
  /** Drains requests, then events, then stops the embedded database if this process is its keeper. */
  stop(): Promise<void>;
}

const logger = new Logger('EmbeddedPostgres');

/** Starts all parts in order. A failure stops the parts that were started. With `signInLink`, the embedded database gets a sign-in link. */
export async function startServer(config: Config, { signInLink = false } = {}): Promise<Server> {
  if (config.databaseUrl !== undefined) return serve(config, config.databaseUrl, EXTERNAL_DATABASE, {});
  const report = (sentence: string) => logger.warn(sentence);
  const embedded = await EmbeddedPostgres.start(config.dataDir, 'imprimatur server', { report });
  try {
    const made: Made = {};
    await migrate(embedded.ownerUrl(), embedded.applicationUrl(), config, async (owner) => {
      const now = await databaseTime(owner);
      made.tenant = await bootstrap(owner, config, now);
      if (signInLink && made.tenant) made.code = await linkOrNone(owner, made.tenant.tenantId, now);
    });
    return await serve(config, embedded.applicationUrl(), embedded, made);
  } catch (error) {
    await embedded.stop();
    throw embeddedProblem(error);
  }
}

/** Rows that the start made, or found, in the embedded database. */
interface Made {
  tenant?: Bootstrapped | undefined;
  /** Code of a sign-in link. */
  code?: string | undefined;
}

/** Returns the code of a sign-in link; undefined if the tenant has no admin key any more. */
function linkOrNone(owner: pg.ClientBase, tenantId: string, now: Date): Promise<string | undefined> {
  return createSignInLink(owner, { tenantId }, now).catch((error: unknown) => {
    if (error instanceof SignInLinkError) return undefined;
    throw error;
  });
}

type KeptDatabase = Pick<EmbeddedPostgres, 'lost' | 'stop'>;

/** A database with another operator: it is never stopped, and the pool reconnects after its restart. */
const EXTERNAL_DATABASE: KeptDatabase = {
  lost: new Promise(() => undefined),
  stop: () => Promise.resolve(),
};

async function serve(
  config: Config,
  databaseUrl: string,
  database: KeptDatabase,
  { tenant, code }: Made,
): Promise<Server> {
  const secrets = await withClient(databaseUrl, async (client) => {
    await assertSafeDatabase(selectWith(client));
    await assertSessionSettings(selectWith(client), config);
    const isSealed = (await hasIssuedLicenses(client)) || (await hasSigningKeys(client));
    const mayCreate = config.databaseUrl === undefined && !isSealed;
    const loaded = await loadSecrets(config, { mayCreate });
    await assertSecretsMatch(client, loaded);
    await assertSigningKeysOpen(client, loaded);
    return loaded;
  });
  // No pooler stands between the server and its embedded database.
  const namedStatements = config.databaseUrl === undefined || (await keepsNamedStatements(databaseUrl));
  const app = await createApp({ config, databaseUrl, secrets, namedStatements });
  new Logger('Database').log(
    namedStatements
      ? 'Named statements are used.'
      : 'Named statements are not used: a pooler of connections does not keep them, so each statement is planned anew.',
  );
  try {
    // The first list creates the first signing key, so that programs can include it immediately.
    if (tenant) await app.get(RevocationListPublisher).publish(tenant.tenantId);
    if (tenant && config.sampleData) await addSampleData(app, tenant.tenantId);
    await listen(app, config);
  } catch (error) {
    await app.close();
    throw error;
  }
  const url = config.localUrl((app.getHttpServer().address() as AddressInfo).port);
  return {
    app,
    url,
    bootstrapped: tenant?.fresh ? tenant : undefined,
    signInUrl: code === undefined ? undefined : signInUrl(config.publicUrl ?? url, code),
    databaseLost: database.lost,
    stop: () => stop(app, database, config),
  };
}

async function listen(app: NestFastifyApplication, { host, port }: Config): Promise<void> {
  // Fastify creates a second server for a name with both loopback addresses, and does not await its end at a stop.
  await app.listen(port, host === 'localhost' ? '127.0.0.1' : host).catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE') throw new ConfigError(`Port ${port} on ${host} is in use. Set PORT to another port.`);
    if (code === 'EACCES') throw new ConfigError(`This user may not listen on port ${port}. Set PORT to another port.`);
    throw error;
  });
}

/** Final share of the shutdown time, for the responses to requests that waited for an unresponsive database. */
const FINAL_SHARE = 0.1;

/** Stops requests first, then records their events (in the application's shutdown hooks), then stops the database. */
async function stop(app: NestFastifyApplication, database: KeptDatabase, { settings }: Config): Promise<void> {
  // The time of a statement is limited, but not their number: all that still wait for the database fail now.
  const closeTimer = setTimeout(
    () => {
      monitorOf(app.get(DataSource)).close();
    },
    settings.HTTP_SHUTDOWN_TIMEOUT_MS * (1 - FINAL_SHARE),
  ).unref();
  try {
    await app.getHttpAdapter().getInstance().close();
    await app.close();
  } finally {
    clearTimeout(closeTimer);
    await database.stop();
  }
}
