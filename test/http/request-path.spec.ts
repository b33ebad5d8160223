import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClientController } from '../../src/client-api/client.controller.js';
import { LicensesController } from '../../src/licensing/licenses.controller.js';
import { Actor } from '../../src/shared/access/actor.js';
import type { Api } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

/** Folder of the files that run, which the build makes of those in `src/`. */
const BUILT = resolve('dist');
/** Requests that must all run a function of a file that is on the path, since a periodic task may run during one of them. */
const REQUESTS = 20;

/** Files that are left out everywhere: schemas, entities, responses and errors, and parts of them with a name of their own. */
const LEFT_OUT: readonly RegExp[] = [
  /\.(?:requests|entity|response|errors)\.ts$/,
  /^(?:licensing\/(?:calendar|license-milestones|max-activations)|activations\/seats|templates\/license-terms)\.ts$/,
  /^(?:usage\/entitlement|shared\/http\/next-action|shared\/free-form)\.ts$/,
];

/** Files that run functions but are no steps, because each knows nothing of any use case. */
const NO_STEPS: readonly (readonly [files: RegExp, reason: string])[] = [
  [/^shared\/[^/]+$/, 'values and metrics'],
  [/^shared\/(?:time|secrets|access)\//, 'the clock, cryptography and the actor'],
  [/^database\//, 'access to PostgreSQL'],
  [/^shared\/messaging\/(?:tenant-command|integration-event)\.ts$/, 'base classes of all commands and events'],
  [/^shared\/messaging\/command-observer\.ts$/, 'counts and logs all commands'],
  [/^shared\/http\/validation\.pipe\.ts$/, 'parses all commands'],
];

/** Bounds, which are what is reached: they may become lower. */
const ISSUE = { steps: 18, all: 35, linesOfAStep: 149 };
const VALIDATE = { steps: 16, all: 25 };

describe('the way of a request in docs/architecture.md', () => {
  let app: TestApp;
  let api: Api;
  let session: Session;

  beforeAll(async () => {
    // The relay moves what a crash has left, and what a slow test leaves for a moment.
    app = await TestApp.start({ environment: { RELAY_INTERVAL_MS: '600000' } });
    api = await app.tenant();
    session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  });

  afterAll(async () => {
    session.disconnect();
    await app.stop();
  });

  /** Returns the files below src/ with a function that ran since the last call. */
  const takeRun = async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    return result
      .filter(({ functions }) => functions.some(({ ranges }) => ranges.some(({ count }) => count > 0)))
      .filter(({ url }) => url.startsWith('file:'))
      .map(({ url }) => relative(BUILT, fileURLToPath(url)).replaceAll('\\', '/'))
      .filter((file) => file.endsWith('.js') && !file.startsWith('..'))
      .map((file) => file.replace(/\.js$/, '.ts'));
  };

  /** Returns the files that each call needs. Calls of a controller's method run neither guards nor HTTP. */
  const filesOf = async (call: () => Promise<unknown>) => {
    await call();
    const runs: string[][] = [];
    for (let at = 0; at < REQUESTS; at++) {
      await takeRun();
      await call();
      runs.push(await takeRun());
    }
    const [first = [], ...others] = runs;
    const isOnPath = (file: string) =>
      others.every((run) => run.includes(file)) && !LEFT_OUT.some((files) => files.test(file));
    return first.filter(isOnPath).sort();
  };

  it('lists the files that issue a license, from the controller to the log, and each is short', async () => {
    const actor = Actor.service('test', api.tenantId);
    const body = { license_template_id: await api.template(), customer_id: 'c', metadata: {} };
    const files = await filesOf(async () => {
      await app.nest.get(LicensesController, { strict: false }).issue(actor, body, {});
      await eventually(async () => expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]));
    });
    const steps = stepsOf(files);
    expect(listedUnder('One issue, from request to event log')).toEqual({
      steps,
      counts: [steps.length, files.length],
    });
    expect(steps.length).toBeLessThanOrEqual(ISSUE.steps);
    expect(files.length).toBeLessThanOrEqual(ISSUE.all);
    expect(steps.filter((file) => linesOf(file) > ISSUE.linesOfAStep)).toEqual([]);
  });

  it('lists the files that validate a license key', async () => {
    const feature = { feature_id: 'f', feature_name: 'F', limit_value: 5, reset_period: 'DAY' };
    const license = await api.issue(await api.template({ features: [feature], max_activations: 5 }));
    const device = { license_key: license.license_key as string, fingerprint: 'pc' };
    expect((await api.post('/v1/client/activate', device)).status).toBe(200);
    const origin = { ip: '127.0.0.1', country: undefined };
    const attempt = { name: 'pc', address: origin.ip, tenantId: undefined };
    const files = await filesOf(async () => {
      const controller = app.nest.get(ClientController, { strict: false });
      expect(await controller.validate(undefined, device, origin, attempt)).toMatchObject({ code: 'VALID' });
    });
    const steps = stepsOf(files);
    expect(listedUnder('One validation')).toEqual({ steps, counts: [steps.length, files.length] });
    expect(steps.length).toBeLessThanOrEqual(VALIDATE.steps);
    expect(files.length).toBeLessThanOrEqual(VALIDATE.all);
  });
});

function stepsOf(files: readonly string[]): string[] {
  return files.filter((file) => !NO_STEPS.some(([pattern]) => pattern.test(file)));
}

/** Returns the files that the steps of a section of the document name, and how many it says that they are, and that run functions. */
function listedUnder(heading: string) {
  const [, section = ''] = readFileSync('docs/architecture.md', 'utf8').split(`\n## ${heading}\n`);
  const [text = ''] = section.split('\n## ');
  const list = [...text.matchAll(/^(?:\d+\. | {3}).*$/gm)].join('\n');
  const steps = [...list.matchAll(/`src\/([^`]+\.ts)`/g)].map(([, file = '']) => file);
  const counts = [...text.matchAll(/(?:These|Functions of) (\d+) files/g)].map(([, count]) => Number(count));
  return { steps: [...new Set(steps)].sort(), counts };
}

function linesOf(file: string): number {
  return readFileSync(`src/${file}`, 'utf8').split('\n').length - 1;
}
