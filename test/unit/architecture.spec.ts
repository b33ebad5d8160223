import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const SRC = resolve('src');
/** Table of the migrations. */
const BOOKKEEPING = 'schema_migrations';
const FOUNDATION = ['shared', 'database', 'embedded-postgres'];

/**
 * Memory that outlives a request in this process. Rows of the database are in a CommittedCache; everything else is here with the reason
 * why it can hold nothing that was rolled back.
 */
const PROCESS_WIDE_MEMORY: Readonly<Record<string, string>> = {
  'activations/device-last-seen.ts seen': 'devices that a committed read found',
  'activations/activation-refusals.ts exhausted': 'CommittedCache',
  'activations/seat-allocator.ts changed': 'names of licenses, for as long as a request',
  'activations/seat-allocator.ts endedAt': 'names of licenses',
  'audit/commands/record-events.handler.ts waiting': 'names of tenants',
  'licensing/issuing/issuance-terms-cache.ts customers': 'CommittedCache',
  'licensing/issuing/issuance-terms-cache.ts templates': 'CommittedCache',
  'licensing/license.repository.ts lockedMetadata': 'locked licenses, for as long as a unit of work refers to them',
  'notifications/sending/email-sender.ts inProgress': 'attempts in progress',
  'notifications/sending/email-sender.ts running': 'names of tenants',
  'notifications/sending/email-sender.ts waiting': 'names of tenants',
  'offline/revocation-list-publisher.ts publications': 'names of tenants whose change is committed',
  'reports/validations/stored-validation-counts.ts codes': 'numbers of validations',
  'reports/validations/stored-validation-counts.ts expired': 'numbers of validations, by ids of licenses',
  'reports/validations/stored-validation-counts.ts tenants': 'numbers of validations',
  'sessions/cookie-session.authenticator.ts sessions': 'CommittedCache',
  'shared/messaging/command-observer.ts counters': 'names of operations',
  'shared/persistence/committed-cache.ts values': 'the cache itself',
  'shared/persistence/page-reads.ts sharedTexts': 'texts of statements, at most 32 for each repository',
  'shared/persistence/tenant-connection.ts writes': 'one transaction',
  'shared/persistence/tenant-scoped.repository.ts lists': 'texts of statements, at most 128',
  'shared/persistence/tenant-scoped.repository.ts writes': 'texts of statements',
  'customers/commands/customer-plan.ts byEmail': 'lines of one transaction',
  'customers/commands/customer-plan.ts byId': 'lines of one transaction',
  'customers/commands/customer-plan.ts kept': 'lines of one transaction',
  'customers/commands/customer-plan.ts made': 'lines of one transaction',
  'licensing/importing/seen-lines.ts customers': 'one request',
  'licensing/importing/seen-lines.ts keys': 'one request',
  'licensing/importing/seen-lines.ts pools': 'one request',
  'shared/persistence/transaction.ts events': 'one transaction',
  'shared/async/fair-queues.ts waiting': 'requests in progress, none of them in a unit of work',
  'shared/async/coalescer.ts starts': 'start times of the groups in flight',
  'shared/async/fair-queues.ts busy': 'names of queues with requests in progress',
  'shared/access/permissions.ts tenantPermissionsBySet': 'sets of permissions',
  'shared/access/tenant.guard.ts access': 'names of routes',
  'shared/async/keyed-mutex.ts last': 'requests in progress',
  'signing/signing-keys.ts privateKeys':
    'private keys by an id that follows from them; who may sign is in the row that was read',
  'templates/time-window.ts clocks': 'names of time zones',
  'tenants/authentication/credential-cache.ts pendingReads':
    'reads in progress, of connections that are in no unit of work',
  'tenants/authentication/credential-cache.ts inUse': 'digests that callers showed',
  'tenants/authentication/credential-cache.ts keys': 'CommittedCache',
  'tenants/authentication/credential-cache.ts monitors': 'CommittedCache',
  'tenants/authentication/credential-cache.ts tenants': 'CommittedCache',
  'tenants/authentication/api-key-last-used.ts used': 'ids of keys that callers showed',
  'tenants/authentication/oidc.authenticator.ts loggedAt': 'reasons of refusals',
  'workflows/definitions/run-body.ts calls': 'one run, whose steps are recorded',
  'workflows/definitions/run-body.ts inbox': 'one run, whose messages are recorded',
  'workflows/engine/dbos-engine.ts stepsInProgress': 'steps in progress',
  'workflows/engine/dbos-thread.ts failed': 'names of runs in progress',
  'workflows/engine/dbos-thread.ts failures': 'names of runs with numbers',
  'workflows/engine/dbos-thread.ts pending': 'steps in progress',
  'workflows/engine/fair-slots.ts waiting': 'names of tenants with runs in progress',
  'workflows/engine/run-waits.ts unchecked': 'ids of runs that begin to wait',
  'workflows/engine/run-waits.ts waits': 'ids of runs that wait in this process, until they go on',
};

/** They know connections, requests and numbers of requests, and no row of a tenant. */
const WITHOUT_ROWS = /^(?:database|embedded-postgres|maintenance|cli|metrics|shared\/(?:http|limits))\//;

/** Rooms of shared/ and what is below it, and what each may import; `root` are the files directly in shared/. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  'shared/root': [],
  'shared/async': ['shared/root'],
  'shared/secrets': ['shared/root', 'config.ts'],
  'shared/time': ['shared/root', 'shared/async', 'database'],
  'shared/limits': ['shared/root', 'shared/async', 'shared/time', 'database', 'config.ts'],
  'shared/access': ['shared/root', 'shared/limits', 'config.ts'],
  'shared/messaging': ['shared/root', 'shared/async', 'shared/access', 'config.ts'],
  'shared/persistence': [
    'shared/root',
    'shared/async',
    'shared/secrets',
    'shared/time',
    'shared/messaging',
    'shared/access',
    'database',
    'config.ts',
  ],
  'shared/http': [
    'shared/root',
    'shared/async',
    'shared/secrets',
    'shared/time',
    'shared/access',
    'shared/messaging',
    'shared/persistence',
    'database',
    'config.ts',
  ],
  database: ['config.ts'],
  'embedded-postgres': ['shared/secrets', 'shared/root', 'database'],
};
/** Modules of Nest that put the rooms together. */
const WIRING = ['shared/shared.module.ts', 'shared/runtime.module.ts'];

/** Owner of each table: the folder that alone has SQL on it. */
const OWNERS: Readonly<Record<string, string>> = {
  tenants: 'tenants',
  api_keys: 'tenants',
  billing_products: 'products',
  license_templates: 'templates',
  customers: 'customers',
  customer_notes: 'customers',
  licenses: 'licensing',
  license_keys: 'licensing',
  rotated_license_keys: 'licensing',
  license_metadata_values: 'licensing',
  license_activations: 'activations',
  license_activation_refusals: 'activations',
  blocked_devices: 'activations',
  license_deactivations: 'activations',
  license_client_events: 'activations',
  license_usages: 'usage',
  subscriptions: 'subscriptions',
  subscription_events: 'subscriptions',
  partners: 'partners',
  partner_invitations: 'partners',
  license_pools: 'partners',
  pool_entries: 'partners',
  sessions: 'sessions',
  sign_in_links: 'sessions',
  signing_keys: 'signing',
  revocation_lists: 'offline',
  email_templates: 'notifications',
  email_messages: 'notifications',
  email_attempts: 'notifications',
  email_cursors: 'notifications',
  report_cursors: 'reports',
  report_licenses: 'reports',
  report_license_counts: 'reports',
  report_expirations: 'reports',
  report_activity: 'reports',
  report_denials: 'reports',
  report_seat_peaks: 'reports',
  report_validations: 'reports',
  report_expired_use: 'reports',
  license_event_logs: 'audit',
  license_event_counters: 'audit',
  outbox: 'shared/messaging',
  event_resource_counters: 'shared/messaging',
  quotes: 'orders',
  quote_lines: 'orders',
  orders: 'orders',
  order_lines: 'orders',
  idempotency_keys: 'shared/persistence',
  rate_limits: 'shared/limits',
  workflow_runs: 'workflows',
};
/** Works on all tables, as their owner in PostgreSQL. */
const ALL_TABLES = /^(?:database|maintenance|cli)\//;
/** Statements on tables of another owner, and why. */
const FOREIGN_TABLES: Readonly<Record<string, string>> = {
  'activations/seat-change-statement.ts event_resource_counters':
    'changes seats in one statement, which numbers the event',
  'activations/seat-change-statement.ts outbox': 'changes seats in one statement, which stores the event',
  'audit/event-log.ts outbox': 'finds each event in the outbox or in the log, in one statement',
  'audit/commands/record-events.handler.ts outbox': 'moves events from the outbox into the log, in one statement',
  'licensing/issuing/issue-statement.ts billing_products': 'issues in one statement, which compares the product',
  'licensing/issuing/issue-statement.ts customers': 'issues in one statement, which compares the customer',
  'licensing/issuing/issue-statement.ts idempotency_keys': 'issues in one statement, which takes the claim',
  'licensing/issuing/issue-statement.ts license_templates': 'issues in one statement, which compares the template',
  'licensing/issuing/issue-statement.ts outbox': 'issues in one statement, which stores the event',
  'licensing/issuing/issue-statement.ts tenants': 'issues in one statement, which follows settings of the tenant',
  'licensing/license.repository.ts billing_products': 'a license shows the present name of its product',
  'licensing/metadata-filters/metadata-values.repository.ts tenants':
    'values are kept for the keys that the tenant declares, in one statement',
  'metrics/database-metrics.ts outbox': 'measures the outbox',
  'notifications/following/email-cursors.ts tenants': 'goes through all tenants',
  'notifications/email-message.repository.ts tenants': 'goes through all tenants',
  'offline/revocation-list.repository.ts license_event_counters': 'records as of which event a list is correct',
  'offline/revocation-list.repository.ts license_event_logs': 'asks whether what is listed changed since the last list',
  'offline/revocation-list.repository.ts signing_keys': 'asks for tenants whose list another key has to sign',
  'offline/revocation-list.repository.ts tenants': 'goes through all tenants',
  'orders/order.repository.ts tenants': 'finds the due orders of all active tenants in one statement',
  'reports/counting/count-events-statement.ts license_event_counters':
    'counts events in one statement, up to the end of the log',
  'reports/counting/count-events-statement.ts license_event_logs': 'counts events in one statement',
  'reports/counting/count-events-statement.ts licenses':
    'a new license is counted as it was issued, in the statement that counts its event',
  'reports/counting/count-events-statement.ts outbox': 'finds each event in the outbox or in the log, in one statement',
  'reports/counting/report-cursors.ts license_event_counters': 'asks which logs have grown',
  'reports/report.repository.ts license_event_counters': 'tells how many events are not counted',
  'reports/counting/report-cursors.ts tenants': 'goes through all tenants',
  'sessions/session-store.ts api_keys': 'a session lasts as long as its API key, in one statement',
  'sessions/session-store.ts tenants': 'a session is found with its tenant, in one statement',
  'sessions/sign-in-links.ts api_keys': 'a link signs in with a valid API key, in one statement',
  'shared/persistence/idempotency.sweeper.ts tenants': 'goes through all tenants',
  'shared/persistence/tenant-lock.ts tenants': 'locks a tenant',
  'shared/timers/tenant-sweeper.ts tenants': 'goes through all tenants',
  'signing/assert-signing-keys-open.ts tenants': 'goes through all tenants at the start',
  'tenants/authentication/credential-cache.ts partners': 'a key is refused while its partner is not approved',
  'templates/template.repository.ts billing_products': 'a template is issued from while its product is active',
};

/** Entities that other modules still take from the door of their module. To be replaced by plain types; none is added. */
const EXPORTED_ENTITIES = [
  'activations/index.ts activations/activation.entity.ts',
  'licensing/index.ts licensing/license.entity.ts',
  'signing/index.ts signing/signing-key.entity.ts',
  'templates/index.ts templates/template.entity.ts',
  'templates/index.ts templates/template.repository.ts',
];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/'));

const imports: Import[] = files.flatMap((from) => {
  const source = readFileSync(join(SRC, from), 'utf8');
  return [...source.matchAll(/^(?:import|export) (type )?[^;]*?from '(\.[^']+)';/gms)]
    .map(([, type, path]) => ({
      from,
      to: relative(SRC, resolve(SRC, dirname(from), path ?? ''))
        .replaceAll('\\', '/')
        .replace(/\.js$/, '.ts'),
      typeOnly: type !== undefined,
    }))
    .filter(({ to }) => !(from.endsWith('.spec.ts') && to.startsWith('../test/support/')));
});

const moduleOf = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : '');
const features = [...new Set(files.map(moduleOf))].filter(
  (name) => name !== '' && name !== 'cli' && !FOUNDATION.includes(name),
);

describe('the source tree', () => {
  it('is the one these rules were written for', () => {
    expect(features.sort()).toEqual([
      'activations',
      'audit',
      'client-api',
      'customers',
      'health',
      'licensing',
      'maintenance',
      'metrics',
      'notifications',
      'offline',
      'orders',
      'partners',
      'products',
      'reports',
      'sessions',
      'signing',
      'subscriptions',
      'templates',
      'tenants',
      'usage',
      'validation',
      'workflows',
    ]);
    expect(imports.length).toBeGreaterThan(200);
    expect(imports.every(({ to }) => files.includes(to))).toBe(true);
  });

  it('enters another module only through its index.ts', () => {
    const trespasses = imports.filter(
      ({ from, to }) => features.includes(moduleOf(to)) && moduleOf(from) !== moduleOf(to) && !to.endsWith('/index.ts'),
    );
    expect(trespasses).toEqual([]);
  });

  it('points its arrows from feature modules to shared code and the database, and never back', () => {
    const wrong = imports.filter(
      ({ from, to }) => FOUNDATION.includes(moduleOf(from)) && features.includes(moduleOf(to)),
    );
    expect(wrong).toEqual([]);
  });

  it('has no circle between modules', () => {
    const edges = new Map(features.map((name) => [name, new Set<string>()]));
    for (const { from, to } of imports) {
      if (moduleOf(from) !== moduleOf(to) && features.includes(moduleOf(to)))
        edges.get(moduleOf(from))?.add(moduleOf(to));
    }
    expect(edges.get('licensing')).toEqual(new Set(['customers', 'templates', 'tenants']));
    // Above usage/ is validation/, and client-api/ is above both.
    expect(edges.get('usage')).toEqual(new Set(['licensing', 'templates']));
    expect(edges.get('validation')).not.toContain('client-api');
    expect(circleIn(new Map([...edges].map(([from, to]) => [from, [...to]])))).toBeUndefined();
  });

  it('has no circle between files, those of types included', () => {
    const edges = new Map<string, string[]>(files.map((name) => [name, []]));
    for (const { from, to } of imports) edges.get(from)?.push(to);
    expect(circleIn(edges)).toBeUndefined();
  });

  it('lets the rooms of shared/ and what is below them import only what stands in their list, which has no circle', () => {
    const roomOf = (file: string) => {
      const [top = '', folder = ''] = file.split('/');
      if (top !== 'shared') return top;
      return file.split('/').length > 2 ? `shared/${folder}` : 'shared/root';
    };
    const crossing = imports.filter(
      ({ from, to }) => !WIRING.includes(from) && roomOf(from) in ROOMS && roomOf(from) !== roomOf(to),
    );
    expect(crossing.length).toBeGreaterThan(50);
    expect(
      crossing.filter(({ from, to }) => !from.endsWith('.spec.ts') && !ROOMS[roomOf(from)]?.includes(roomOf(to))),
    ).toEqual([]);
    expect(circleIn(new Map(Object.entries(ROOMS)))).toBeUndefined();
  });

  it('has the SQL on each table in the folder of its owner, but for the statements that are listed', () => {
    const names = Object.keys(OWNERS).join('|');
    const statement = new RegExp(`\\b(?:FROM|JOIN|INTO|UPDATE|DELETE FROM|NULL::)\\s*(${names})\\b(?!\\()`, 'g');
    const found = files
      .filter((file) => !ALL_TABLES.test(file) && !file.endsWith('.spec.ts'))
      .flatMap((file) => {
        const tables = [...readFileSync(join(SRC, file), 'utf8').matchAll(statement)].map(([, table = '']) => table);
        return [...new Set(tables)]
          .filter((table) => !file.startsWith(`${OWNERS[table]}/`))
          .map((table) => `${file} ${table}`);
      });
    expect(found.sort()).toEqual(Object.keys(FOREIGN_TABLES).sort());
    const granted = [...readFileSync(join(SRC, 'database/grants.ts'), 'utf8').matchAll(/^ {2}(\w+):/gm)].map(
      ([, table]) => table,
    );
    expect(granted.filter((table) => table !== BOOKKEEPING).sort()).toEqual(Object.keys(OWNERS).sort());
  });

  it('names the schema of the engine of workflows where its runs are migrated, performed, measured and maintained, and nowhere else', () => {
    const backup = readFileSync(join(SRC, 'maintenance/backup-format.ts'), 'utf8');
    const owned = [...backup.matchAll(/'workflows\.(\w+)'/g)].map(([, table = '']) => table);
    expect(owned.length).toBeGreaterThan(10);
    const tables = owned.join('|');
    const named = new RegExp(
      `\\bworkflows\\.(?:${tables})\\b|\\b(?:WORKFLOW_)?SCHEMA\\}\\.|\\b(?:FROM|JOIN|INTO|UPDATE)\\s+(?:${tables})\\b`,
    );
    const found = files.filter(
      (file) => !file.endsWith('.spec.ts') && named.test(readFileSync(join(SRC, file), 'utf8')),
    );
    const allowed = /^(?:database|maintenance|metrics|workflows\/engine)\//;
    expect(found.filter((file) => !allowed.test(file))).toEqual([]);
    for (const folder of ['database/', 'maintenance/', 'metrics/', 'workflows/engine/'])
      expect(found.filter((file) => file.startsWith(folder))).not.toEqual([]);
  });

  it('exports no entity and no repository of a module', () => {
    const exported = imports.filter(
      ({ from, to }) => /^[a-z-]+\/index\.ts$/.test(from) && /\.(?:entity|repository)\.ts$/.test(to),
    );
    expect([...new Set(exported.map(({ from, to }) => `${from} ${to}`))].sort()).toEqual(EXPORTED_ENTITIES);
  });

  it('has bodies of workflows that know nothing but types, so that they run unchanged on every engine', () => {
    const bodies = imports.filter(
      ({ from }) => from === 'workflows/definitions/bodies.ts' && !from.endsWith('.spec.ts'),
    );
    const names = bodies.map(({ to }) => to).filter((to) => !to.endsWith('/contract.ts'));
    expect(names.length).toBeGreaterThan(0);
    for (const name of [...names, 'workflows/definitions/contract.ts', 'workflows/definitions/run-body.ts']) {
      const source = readFileSync(join(SRC, name), 'utf8');
      expect([name, ...source.matchAll(/^import (?!type ).*$/gm)]).toEqual([name]);
      expect([
        name,
        ...source.matchAll(/\b(?:Date|Math\.random|setTimeout|setInterval|process|globalThis|import\()\b/g),
      ]).toEqual([name]);
    }
    // The thread loads the bodies, and neither Nest nor the schemas of the server.
    const loaded = imports.filter(({ from, typeOnly }) => from.startsWith('workflows/engine/dbos-thread') && !typeOnly);
    expect(
      loaded.map(({ to }) => to).filter((to) => !/^workflows\/(?:definitions|engine)\/|^shared\/secrets\//.test(to)),
    ).toEqual([]);
  });

  it('has definitions and REST steps of workflows that a worker outside of the server can load: no package but that of schemas, types included', () => {
    const roots = ['definitions/definitions.ts', 'definitions/bodies.ts', 'steps/rest-performer.ts'];
    const loaded = new Set(roots.map((name) => `workflows/${name}`));
    // A set goes on with what is added while it is gone through.
    for (const file of loaded) {
      for (const { from, to } of imports) if (from === file) loaded.add(to);
    }
    const packages = [...loaded].flatMap((file) =>
      [...readFileSync(join(SRC, file), 'utf8').matchAll(/^import [^;]*?'([^.'][^']*)';/gms)].map(
        ([, name]) => `${file} ${name}`,
      ),
    );
    expect(packages.length).toBeGreaterThan(2);
    expect(packages.filter((found) => !found.endsWith(' zod'))).toEqual([]);
  });

  it('reads the environment in config.ts alone', () => {
    const readers = files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes('process.env'));
    expect(readers).toEqual(['config.ts']);
  });

  it('finds files relative to a module from src/ itself alone, where a bundle has the same depth', () => {
    const relative = files.filter((file) => {
      const source = readFileSync(join(SRC, file), 'utf8');
      return source.includes('import.meta') && /['"]\.\.\/(?!.*from)/.test(source.replace(/^import .*$/gm, ''));
    });
    expect(relative.sort()).toEqual(['admin-ui.ts', 'swagger-ui.ts', 'version.ts', 'workflow-thread.ts']);
  });

  it('begins transactions in the connection of the unit of work, and before there is a server', () => {
    const beginners = files.filter((file) => /['"`]BEGIN/.test(readFileSync(join(SRC, file), 'utf8')));
    expect(beginners.sort()).toEqual([
      'database/grants.ts',
      'database/keeps-sessions.ts',
      'database/migration-lock.ts',
      'licensing/keys/assert-secrets-match.ts',
      'maintenance/backup.ts',
      'maintenance/replace-lookup-key.ts',
      'maintenance/restore.ts',
      'maintenance/tenant-transaction.ts',
      'shared/persistence/tenant-connection.ts',
      'tenants/tenant-registry.ts',
    ]);
  });

  it('knows the library of metrics in two places', () => {
    const users = files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes("from 'prom-client'"));
    expect(users.length).toBeGreaterThan(2);
    expect(users.filter((file) => !file.startsWith('metrics/'))).toEqual(['shared/metrics.ts']);
  });

  it('lets in a license key instead of an API key at the client API alone', () => {
    const users = files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes('@LicenseKeyRoute('));
    expect(users).toEqual(['client-api/client.controller.ts']);
    const source = readFileSync(join(SRC, 'client-api/client.controller.ts'), 'utf8');
    const count = (pattern: RegExp) => source.match(pattern)?.length;
    // Each route identifies the caller by its license key, and its requests are limited before.
    expect(count(/@LicenseKeyRoute\('client:/g)).toBe(9);
    expect(count(/@Post\(/g)).toBe(9);
    expect(count(/@UseGuards\(LicenseKeyGuard\)/g)).toBe(8);
    expect(count(/@(?:Current|Unblocked)LicenseKeyCaller\(\)|@SeatRequester\(\)/g)).toBe(8);
    // A request for a seat with a replaced key is refused, and recorded, by its command.
    expect(count(/@SeatRequester\(\)/g)).toBe(3);
    const checked = files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes('assertKeyCurrent(caller);'));
    expect(checked.filter((file) => file.startsWith('client-api/commands/'))).toHaveLength(3);
    expect(count(/@UnblockedLicenseKeyCaller\(\)/g)).toBe(2);
    // `validate` answers also for a key that nobody has, so its query finds the license.
    expect(count(/@ApiKeyTenant\(\)/g)).toBe(1);
    expect(source).toContain('@UseGuards(ClientRateLimitGuard, RequestOriginGuard)\nexport class ClientController');
  });

  it('remembers rows in caches of committed rows alone, and nothing else for longer than a request but what is listed', () => {
    const collection = '(?:LRUCache|CommittedCache|RateLimiter\\w*|Map|Set|WeakMap|WeakSet)\\b';
    const declared = `(\\w+)(?:: ${collection}|[^=(\\n]*= (?:new ${collection}|\\[\\];))`;
    const patterns = [
      new RegExp(`^ {2}(?:(?:private|protected|public|static|readonly) )+${declared}`, 'gm'),
      new RegExp(`^(?:export )?(?:const|let) ${declared}`, 'gm'),
    ];
    const possible = files.filter((file) => !WITHOUT_ROWS.test(file) && !file.endsWith('.spec.ts'));
    const found = possible.flatMap((file) => {
      const source = readFileSync(join(SRC, file), 'utf8');
      return patterns.flatMap((pattern) => [...source.matchAll(pattern)].map(([, name]) => `${file} ${name}`));
    });
    expect(found.sort()).toEqual(Object.keys(PROCESS_WIDE_MEMORY).sort());
    const caches = possible.filter((file) => readFileSync(join(SRC, file), 'utf8').includes("from 'lru-cache'"));
    // Only the second holds rows; the first has names with times, the third private keys by their ids, the fourth names with formats.
    expect(caches.sort()).toEqual([
      'activations/seat-allocator.ts',
      'shared/persistence/committed-cache.ts',
      'signing/signing-keys.ts',
      'templates/time-window.ts',
    ]);
  });

  it('never saves by id', () => {
    expect(files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes('.save('))).toEqual([]);
  });
});

describe('the tests', () => {
  it('stand in the folder of one project, because no other file runs', () => {
    const specs = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.spec.ts'),
    );
    expect(specs.length).toBeGreaterThan(50);
    expect(specs.filter((name) => !/^(?:unit|sql|http|process)[\\/]/.test(name))).toEqual([]);
  });

  it('are tried on the releases of Node.js that the README names', () => {
    const majors = /^.*set -- (.*)$/m.exec(readFileSync('.ci/newest-node', 'utf8'))?.[1]?.split(' ') ?? [];
    const last = majors.pop();
    expect(readFileSync('README.md', 'utf8')).toContain(`tested on ${['20', ...majors].join(', ')} and ${last}`);
  });

  it('draw their cases from the seed of the run', () => {
    const importers = ['src', 'packages/client/src', 'test'].flatMap((root) =>
      readdirSync(root, { recursive: true, encoding: 'utf8' })
        .filter(
          (name) =>
            name.endsWith('.ts') &&
            /^(?:import|export) [^t].*from 'fast-check'/m.test(readFileSync(join(root, name), 'utf8')),
        )
        .map((name) => join(root, name)),
    );
    expect(importers).toEqual([join('test', 'support', 'property.ts')]);
  });
});

it('is what programs outside of it import, so that a file that moves leaves none behind', () => {
  const programs = ['scripts', 'bench', 'test', 'examples'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.mjs') && !name.includes('node_modules'))
      .map((name) => join(folder, name)),
  );
  const found = programs.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/['"`](?:\.\.\/)+dist\/([\w./-]+)\.js['"`]/g)].map(
      ([, file]) => `${file}.ts`,
    ),
  );
  expect(found.length).toBeGreaterThan(15);
  expect(found.filter((file) => !files.includes(file))).toEqual([]);
});

it('has no comment that begins with a pronoun in place of the noun', () => {
  const commented = ['src', 'test', 'bench', 'scripts', 'packages/client/src', 'workers/temporal/src'].flatMap(
    (folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(ts|mjs)$/.test(name) && !name.includes('node_modules'))
        .map((name) => join(folder, name)),
  );
  const beginnings = /^[ \t]*(?:\/\*\*|\/\/|\/\*\*\n[ \t]*\*) (?:What|Who|Whoever|Whatever|The same)\b.*$/gm;
  const found = commented.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(beginnings)].map(([line]) => `${path}: ${line.trim()}`),
  );
  expect(commented.length).toBeGreaterThan(400);
  expect(found).toEqual([]);
});

/** The circle rule itself must be able to fail. */
it('finds a circle where there is one', () => {
  expect(
    circleIn(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['a']],
      ]),
    ),
  ).toEqual(['a', 'b', 'c', 'a']);
});

function circleIn(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of edges.get(node) ?? []) {
      const circle = visit(next, [...path, node]);
      if (circle) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const circle = visit(node, []);
    if (circle) return circle;
  }
  return undefined;
}
