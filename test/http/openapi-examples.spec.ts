import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { Actor } from '../../src/shared/access/actor.js';
import { StartWorkflowCommand } from '../../src/workflows/index.js';
import { addSampleData } from '../../src/sample-data.js';
import { EXAMPLES } from '../../src/shared/examples.js';
import { NDJSON, type Api, type Wire } from '../support/api.js';
import { IDLE_ENGINE, TestApp } from '../support/app.js';
import { exampleOf, faultsOf, operations, resolve, type Route } from '../support/openapi.js';

/** Operations that the sample data forbids: its license is no trial, its quote is not sent, no device was refused, its e-mail is cancelled, and its signing key is revoked because its private key is public. */
const FORBIDDEN: Readonly<Record<string, string>> = {
  convertTrial: 'LICENSE_NOT_TRIAL',
  declineQuote: 'QUOTE_STATE',
  activateSigningKey: 'SIGNING_KEY_STATE',
  retireSigningKey: 'SIGNING_KEY_STATE',
  revokeSigningKey: 'SIGNING_KEY_STATE',
  cancelEmail: 'EMAIL_MESSAGE_STATE',
  retryWorkflowRun: 'WORKFLOW_RUN_STATE',
  approvePartner: 'PARTNER_STATE',
  redeemPartnerInvitation: 'INVITATION_NOT_FOUND',
  replaceDevice: 'REPLACEMENT_TOKEN_INVALID',
};
/** Operations that take something away from the others, in the order in which each still succeeds. */
const LAST = [
  'sendQuote',
  'acceptQuote',
  'approveOrder',
  'recordOrderPayment',
  'fulfilOrder',
  'refundOrder',
  'cancelOrder',
  'deactivateDevice',
  'resetActivations',
  'createActivation',
  'deactivateActivation',
  'checkOutLicenseFile',
  'checkOutLicense',
  'transferLicense',
  'changeLicenseTemplate',
  'suspendLicense',
  'reinstateLicense',
  'selectLicenses',
  'batchSuspendLicenses',
  'batchReinstateLicenses',
  'batchTransferLicenses',
  'batchChangeLicenseTemplates',
  'revokeLicense',
  'revokeApiKey',
  'deleteEmailTemplate',
  'unblockDevice',
  'deleteCustomerNote',
  'cancelWorkflowRun',
  'withdrawPartnerInvitation',
  'suspendPartner',
  'reinstatePartner',
];
const OF_PLATFORM = ['Tenants', 'Metrics'];
/** Only the last license can be revoked, and that is revoked by then. */
const REVOKED = 'batchRevokeLicenses';

/** Operations that read, though they are POST. */
const READ_BY_POST = ['validateLicense', 'explainLicense', 'getEntitlements', 'revealLicenseKey'];
/** Reports count a moment later. */
const REPORTS = [
  'getOverviewReport',
  'getExpirationsReport',
  'getActivityReport',
  'getUtilisationReport',
  'getPeaksReport',
  'getDenialsReport',
  'getComplianceReport',
];
/** The caller and the public keys are random; no example of liveness asks for the database; the preview names a date, and a template has more variables. */
const OF_OTHER_ROWS = [
  'listLicenseFiles',
  'listTemplateVersions',
  'compareTemplateVersions',
  ...REPORTS,
  'getCurrentCaller',
  'getKeySet',
  'getLiveness',
  'previewEmailMessage',
  'getEmailTemplate',
];
/** Routes of sessions, of which the sample data has none; test/http/sessions.spec.ts is about them. */
const isOfSessions = ({ path }: Pick<Route, 'path'>) => path.startsWith('/auth/') || path.startsWith('/v1/sessions');
const VALID = (operationId: string) => ({ operationId, errors: [] });
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const RANDOM = ['key_prefix', 'revocation_list'];
/** A time, or an id that is none of the examples. */
const isRandom = (value: unknown) =>
  typeof value === 'string' &&
  /^\d{4}-\d\d-\d\dT|^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(value) &&
  !Object.values<string>(EXAMPLES).includes(value);
const comparable = (value: unknown) =>
  JSON.parse(
    JSON.stringify(value, (name, part: unknown) => (RANDOM.includes(name) || isRandom(part) ? 'random' : part)),
  );

describe('the examples of the OpenAPI document', () => {
  let app: TestApp;
  let tenant: Api;
  let platform: Api;

  beforeAll(async () => {
    app = await TestApp.start({ environment: IDLE_ENGINE });
    tenant = await app.tenant(EXAMPLES.tenantId);
    platform = await app.platform();
    await addSampleData(app.nest, EXAMPLES.tenantId);
    const [start] = operations(app.document).filter(({ operation }) => operation.operationId === 'startWorkflow');
    if (!start) throw new Error('No operation starts a workflow.');
    const { body } = exampleOf(app.document, start);
    const actor = Actor.service('bootstrap', EXAMPLES.tenantId);
    await app.nest.get(CommandBus).execute(new StartWorkflowCommand(actor, body as never));
  });

  afterAll(() => app.stop());

  const send = (route: Route) => {
    const { url, body, headers } = exampleOf(app.document, route);
    const isKeyless = route.operation.security?.some((alternative) => Object.keys(alternative).length === 0);
    const isOpen = route.operation.security?.length === 0;
    const caller = OF_PLATFORM.includes(route.operation.tags[0] ?? '') ? platform : tenant;
    return (isOpen || isKeyless ? app.anonymous() : caller).send(route.method as 'get', url, body, headers);
  };

  it('of answers are complete, and valid against their schemas', () => {
    for (const { operation } of operations(app.document)) {
      const { operationId, responses } = operation;
      const [, success] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? [];
      const contents = Object.values(success?.content ?? {});
      // A redirect, and an answer to another standard, have none.
      const isEmpty = success === undefined || '204' in responses;
      expect({ operationId, contents: contents.length }).toEqual({ operationId, contents: isEmpty ? 0 : 1 });
      for (const { schema, example } of contents) {
        if (example !== undefined) expect(example).toMatch(/\n$/);
        for (const line of example === undefined || !schema.contentSchema ? [] : linesOf(example as string))
          expect({ operationId, errors: faultsOf(app.document, schema.contentSchema?.$ref, line) }).toEqual(
            VALID(operationId),
          );
        if (example !== undefined) continue;
        const value = answerExample(schema);
        expect({ operationId, errors: faultsOf(app.document, schema.$ref, value) }).toEqual(VALID(operationId));
      }
    }
  });

  it('of answers are the rows of the sample data', async () => {
    let compared = 0;
    for (const route of operations(app.document)) {
      const { operationId, responses } = route.operation;
      if (isOfSessions(route) && operationId !== 'getSignInOptions') continue;
      if (!(route.method === 'get' || READ_BY_POST.includes(operationId)) || OF_OTHER_ROWS.includes(operationId))
        continue;
      const { schema } = responses['200']?.content?.['application/json'] ?? {};
      if (!schema) continue;
      const example = comparable(answerExample(schema));
      const body = comparable((await send(route)).body);
      const expected = 'next_cursor' in example ? { data: expect.arrayContaining(example.data as Wire[]) } : example;
      expect({ operationId, ...body }).toMatchObject({ operationId, ...expected });
      compared++;
    }
    expect(compared).toBeGreaterThanOrEqual(20);
  });

  it('succeed, all of them, on the sample data of a new server', async () => {
    const order = ({ operation: { operationId } }: Route) =>
      operationId === REVOKED ? LAST.length : LAST.indexOf(operationId);
    const routes = operations(app.document)
      .filter((route) => !isOfSessions(route))
      .sort((one, other) => order(one) - order(other));
    expect(routes.length).toBeGreaterThanOrEqual(66);
    for (const route of routes) {
      const { operationId } = route.operation;
      const { status, body, text } = await send(route);
      const forbidden = FORBIDDEN[operationId];
      if (forbidden !== undefined) {
        expect({ operationId, code: body.code, text }).toMatchObject({ operationId, code: forbidden });
        continue;
      }
      expect({ operationId, status, text }).toMatchObject({ operationId, status: status < 300 ? status : 200 });
      const lines = route.operation.requestBody?.content[NDJSON] ? (body as Wire[]) : [];
      const expected =
        operationId === REVOKED ? 409 : ['batchIssueLicenses', 'importLicenses'].includes(operationId) ? 201 : 200;
      for (const line of lines) expect({ operationId, line }).toMatchObject({ line: { status: expected } });
    }
  });

  /** The example of a schema, or of its parts, as Swagger UI puts it together. Throws if a part has none. */
  function answerExample(part: Wire): unknown {
    const schema: Wire = resolve(app.document, part);
    if (Array.isArray(schema.examples)) return schema.examples[0];
    if ('example' in schema) return schema.example;
    if (schema.type === 'array') return [answerExample(schema.items)];
    if (schema.type !== 'object') throw new Error(`No example: ${JSON.stringify(schema)}`);
    const members = Object.entries<Wire>(schema.properties ?? {});
    return Object.fromEntries(members.map(([name, member]) => [name, answerExample(member)]));
  }

  it('of NDJSON are text, for which the page of Swagger UI has a field and asks for no file', async () => {
    const bodies = operations(app.document).flatMap(({ operation }) => operation.requestBody?.content[NDJSON] ?? []);
    expect(bodies).toHaveLength(8);
    expect((await app.anonymous().get('/docs/swagger-ui-init.js')).text).toContain('isFileUploadIntended');
    for (const { schema, example } of bodies) {
      // For generated clients: in Python they send a file.
      expect(schema).toMatchObject({ type: 'string', format: 'binary' });
      expect(schema).not.toHaveProperty('contentMediaType');
      expect(example).toMatch(/^(\{.*\}\n)+$/);
    }
  });
});
