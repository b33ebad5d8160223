import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const SRC = resolve('src');
const FOUNDATION = ['shared', 'database'];

/**
 * Memory that outlives a request in this process. Rows of the database are in a CommittedCache; everything else is here with the reason
 * why it can hold nothing that was rolled back.
 */
const PROCESS_WIDE_MEMORY: Readonly<Record<string, string>> = {
  'activations/last-seen.ts seen': 'devices that a committed read found',
  'activations/refusals.ts exhausted': 'CommittedCache',
  'activations/seat-keeper.ts changed': 'names of licenses, for as long as a request',
  'audit/event-recorder.ts waiting': 'names of tenants',
  'licensing/issue-groups.ts lanes': 'requests in progress, none of them in a unit of work',
  'licensing/issue-queue.ts flying': 'requests in progress, none of them in a unit of work',
  'licensing/issue-queue.ts holders': 'requests in progress, none of them in a unit of work',
  'licensing/issue-queue.ts waiting': 'requests in progress, none of them in a unit of work',
  'licensing/issuing-terms.ts customers': 'CommittedCache',
  'licensing/issuing-terms.ts templates': 'CommittedCache',
  'offline/revocation-list-publisher.ts publications': 'names of tenants whose change is committed',
  'shared/events/command-observer.ts counters': 'names of operations',
  'shared/events/committed-cache.ts values': 'the cache itself',
  'shared/events/tenant-connection.ts writes': 'one transaction',
  'shared/events/transaction.ts events': 'one transaction',
  'shared/read-groups.ts waiting': 'reads in progress, none of them in a unit of work',
  'shared/tenancy/permissions.ts narrowed': 'sets of permissions',
  'shared/tenancy/tenant.guard.ts access': 'names of routes',
  'shared/turns.ts last': 'requests in progress',
  'templates/time-window.ts clocks': 'names of time zones',
  'tenants/credentials.ts asking': 'reads in progress, of connections that are in no unit of work',
  'tenants/credentials.ts inUse': 'digests that callers showed',
  'tenants/credentials.ts keys': 'CommittedCache',
  'tenants/credentials.ts monitors': 'CommittedCache',
  'tenants/credentials.ts shown': 'keys that callers showed',
  'tenants/credentials.ts tenants': 'CommittedCache',
  'tenants/key-use.ts used': 'ids of keys that callers showed',
  'tenants/oidc.authenticator.ts loggedAt': 'reasons of refusals',
};

/** They know connections, requests and numbers of requests, and no row of a tenant. */
const WITHOUT_ROWS = /^(?:database|maintenance|cli|metrics|shared\/(?:http|limits|metrics))\//;

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
      'offline',
      'products',
      'signing',
      'templates',
      'tenants',
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
    expect(edges.get('licensing')).toEqual(new Set(['customers', 'templates']));
    expect(circleIn(new Map([...edges].map(([from, to]) => [from, [...to]])))).toBeUndefined();
  });

  it('has no circle between files that are loaded by each other', () => {
    const edges = new Map<string, string[]>(files.map((name) => [name, []]));
    for (const { from, to, typeOnly } of imports) if (!typeOnly) edges.get(from)?.push(to);
    expect(circleIn(edges)).toBeUndefined();
  });

  it('reads the environment in config.ts alone', () => {
    const readers = files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes('process.env'));
    expect(readers).toEqual(['config.ts']);
  });

  it('begins transactions in the connection of the unit of work, and before there is a server', () => {
    const beginners = files.filter((file) => /['"`]BEGIN/.test(readFileSync(join(SRC, file), 'utf8')));
    expect(beginners.sort()).toEqual([
      'database/grants.ts',
      'database/migration-lock.ts',
      'licensing/assert-secrets-fit.ts',
      'maintenance/backup.ts',
      'maintenance/replace-lookup-key.ts',
      'maintenance/restore.ts',
      'maintenance/tenant-transaction.ts',
      'shared/events/tenant-connection.ts',
      'tenants/tenant-registry.ts',
    ]);
  });

  it('knows the library of metrics in two places', () => {
    const users = files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes("from 'prom-client'"));
    expect(users.length).toBeGreaterThan(2);
    expect(users.filter((file) => !file.startsWith('metrics/'))).toEqual(['shared/metrics/metrics.ts']);
  });

  it('lets in a license key instead of an API key at the client API alone', () => {
    const users = files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes('@LicenseKeyRoute('));
    expect(users).toEqual(['client-api/client.controller.ts']);
    const source = readFileSync(join(SRC, 'client-api/client.controller.ts'), 'utf8');
    const count = (pattern: RegExp) => source.match(pattern)?.length;
    // Each route looks whose the key is, and stands behind the limits.
    expect(count(/@LicenseKeyRoute\('client:/g)).toBe(8);
    expect(count(/@Post\(/g)).toBe(8);
    expect(count(/@CurrentLicensee\(\)|@OptionalLicensee\(\)/g)).toBe(8);
    expect(source).toContain('@UseGuards(ClientGuard, LicenseeGuard)');
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
    // The second holds no rows.
    expect(caches.sort()).toEqual(['shared/events/committed-cache.ts', 'templates/time-window.ts']);
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
