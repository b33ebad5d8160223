import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { GERMAN } from '../../packages/admin/src/text/de.js';
import { ENGLISH } from '../../packages/admin/src/text/en.js';

const SOURCES = 'packages/admin/src';

const code = readdirSync(SOURCES, { recursive: true, withFileTypes: true })
  .filter(
    ({ name, parentPath }) =>
      /\.tsx?$/.test(name) && !/\.d\.ts$|\.spec\.ts$/.test(name) && !parentPath.endsWith('/text'),
  )
  .map(({ name, parentPath }) => readFileSync(join(parentPath, name), 'utf8'))
  .join('\n');

/** Ids that the code names, and patterns of those that it puts together. */
const named = new Set([...code.matchAll(/'([a-zA-Z]+(?:\.[a-zA-Z0-9.]+)?)'/g)].map(([, id]) => id));
const groups = [...code.matchAll(/\bword\(\s*'(\w+)'/g)].map(([, group]) => `${group}.`);
const patterns = [...code.matchAll(/\bt\(\s*`([^`]+)`/g)].map(
  ([, text = '']) => new RegExp(`^${text.replaceAll('.', '\\.').replaceAll(/\$\{[^}]+\}/g, '[\\w-]+')}$`),
);

it('each screen of the admin UI has a letter of its own', () => {
  const letters = [...readFileSync(join(SOURCES, 'shell/navigation.ts'), 'utf8').matchAll(/\bletter: '(\w)'/g)];
  expect(letters.length).toBeGreaterThan(10);
  expect(new Set(letters.map(([, letter]) => letter)).size).toBe(letters.length);
});

describe('the texts of the admin UI', () => {
  it('are all used', () => {
    const unused = Object.keys(ENGLISH).filter(
      (id) => !named.has(id) && !groups.some((group) => id.startsWith(group)) && !patterns.some((p) => p.test(id)),
    );
    expect(groups.length).toBeGreaterThan(10);
    expect(unused).toEqual([]);
  });

  it('are all there in German, and no others, with the same arguments', () => {
    const english: Readonly<Record<string, string>> = ENGLISH;
    expect(Object.keys(ENGLISH).filter((id) => !Object.hasOwn(GERMAN, id))).toEqual([]);
    expect(Object.keys(GERMAN).filter((id) => !Object.hasOwn(ENGLISH, id))).toEqual([]);
    const argumentsOf = (text = '') =>
      [...new Set([...text.matchAll(/\{(\w+)\s*[,}]/g)].map(([, name]) => name))].sort();
    const differing = Object.entries(GERMAN).filter(
      ([id, text]) => argumentsOf(text).join() !== argumentsOf(english[id]).join(),
    );
    expect(differing).toEqual([]);
    const empty = Object.keys(GERMAN).filter((id) => (GERMAN[id] === '') !== (english[id] === ''));
    expect(empty).toEqual([]);
  });

  it('name every status, type and reason that the API has', () => {
    const document = JSON.parse(readFileSync('dist/openapi.json', 'utf8')) as {
      components: { schemas: Record<string, { enum?: string[] }> };
    };
    const missing = Object.entries({
      LicenseStatus: 'state',
      LicenseType: 'type',
      LicenseModel: 'model',
      ActionReasonCode: 'reason',
      ValidationFailureCode: 'why',
      NextAction: 'next',
      EventType: 'event',
      RestrictionType: 'restriction',
      WorkflowRunState: 'run',
      WorkflowName: 'workflow',
      TenantRole: 'role',
      ActorType: 'actor',
      SignInMethod: 'method',
      TokenFault: 'refused',
      OrderStatus: 'orderStatus',
      QuoteStatus: 'orderStatus',
      PaymentStatus: 'payment',
      SubscriptionStatus: 'subscriptionStatus',
      SubscriptionHold: 'hold',
      StoredEventKind: 'billingEvent',
      PartnerStatus: 'partnerStatus',
      PartnerAction: 'partnerAction',
      PartnerOverride: 'partnerOverride',
      InvitationStatus: 'invitationStatus',
      PoolEntryKind: 'poolEntry',
      EmailTemplateName: 'emailTemplate',
      EmailStatus: 'emailStatus',
      EmailReason: 'emailReason',
      EmailAttemptOutcome: 'emailOutcome',
      SigningKeyState: 'signingKeyState',
    }).flatMap(([schema, group]) => {
      const values = document.components.schemas[schema]?.enum ?? [`${schema} is no list`];
      return values.map((value) => `${group}.${value}`).filter((id) => !(id in ENGLISH));
    });
    expect(missing).toEqual([]);
  });
});
