import { TestApp } from './app.js';
import { PostgresProxy } from './proxy.js';

/** Second server on the database of `app`, behind a proxy that counts its round trips. Its periodic tasks do not run meanwhile. */
export async function startBehindProxy(app: TestApp, environment: Record<string, string> = {}) {
  const proxy = await PostgresProxy.start(app.database.applicationUrl);
  const neighbour = await TestApp.start({
    database: app.database,
    secrets: app.secrets,
    databaseUrl: proxy.url,
    environment: { RELAY_INTERVAL_MS: '600000', LICENSE_TIMER_INTERVAL_MS: '600000', ...environment },
  });
  return { proxy, neighbour };
}
