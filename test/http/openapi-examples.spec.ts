import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addSampleData } from '../../src/sample-data.js';
import { EXAMPLES } from '../../src/shared/examples.js';
import { NDJSON, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { exampleOf, operations, type Route } from '../support/openapi.js';

/** Operations that the sample data forbids: its license is no trial, and its signing key is revoked because its private key is public. */
const FORBIDDEN: Readonly<Record<string, string>> = {
  convertTrial: 'LICENSE_NOT_TRIAL',
  activateSigningKey: 'SIGNING_KEY_STATE',
  retireSigningKey: 'SIGNING_KEY_STATE',
  revokeSigningKey: 'SIGNING_KEY_STATE',
};
/** Operations that take something away from the others, in the order in which each still succeeds. */
const LAST = [
  'deactivateDevice',
  'createActivation',
  'deactivateActivation',
  'checkOutLicenseFile',
  'checkOutLicense',
  'transferLicense',
  'changeLicenseTemplate',
  'suspendLicense',
  'reinstateLicense',
  'batchSuspendLicenses',
  'revokeLicense',
  'revokeApiKey',
];
const OF_PLATFORM = ['Tenants', 'Metrics'];
/** Only the last license can be revoked, and that is revoked by then. */
const REVOKED = 'batchRevokeLicenses';

describe('the examples of the OpenAPI document', () => {
  let app: TestApp;
  let tenant: Api;
  let platform: Api;

  beforeAll(async () => {
    app = await TestApp.start();
    tenant = await app.tenant(EXAMPLES.tenantId);
    platform = await app.platform();
    await addSampleData(app.nest, EXAMPLES.tenantId);
  });

  afterAll(() => app.stop());

  const send = (route: Route) => {
    const { url, body, headers } = exampleOf(app.document, route);
    const isKeyless = route.operation.security?.some((alternative) => Object.keys(alternative).length === 0);
    const isOpen = route.operation.security?.length === 0;
    const caller = OF_PLATFORM.includes(route.operation.tags[0] ?? '') ? platform : tenant;
    return (isOpen || isKeyless ? app.anonymous() : caller).send(route.method as 'get', url, body, headers);
  };

  it('succeed, all of them, on the sample data of a new server', async () => {
    const order = ({ operation: { operationId } }: Route) =>
      operationId === REVOKED ? LAST.length : LAST.indexOf(operationId);
    const routes = operations(app.document).sort((one, other) => order(one) - order(other));
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
      const expected = operationId === REVOKED ? 409 : operationId === 'batchIssueLicenses' ? 201 : 200;
      for (const line of lines) expect({ operationId, line }).toMatchObject({ line: { status: expected } });
    }
  });

  it('of NDJSON are text, for which the page of Swagger UI has a field and asks for no file', async () => {
    const bodies = operations(app.document).flatMap(({ operation }) => operation.requestBody?.content[NDJSON] ?? []);
    expect(bodies).toHaveLength(4);
    expect((await app.anonymous().get('/docs/swagger-ui-init.js')).text).toContain('isFileUploadIntended');
    for (const { schema, example } of bodies) {
      // For generated clients: in Python they send a file.
      expect(schema).toMatchObject({ type: 'string', format: 'binary' });
      expect(schema).not.toHaveProperty('contentMediaType');
      expect(example).toMatch(/^(\{.*\}\n)+$/);
    }
  });
});
