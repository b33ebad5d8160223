import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PROBLEM_ACTIONS } from '../../src/shared/http/next-action.js';
import { GERMAN } from '../../packages/admin/src/text/de.js';
import { ENGLISH } from '../../packages/admin/src/text/en.js';
import { GERMAN_FAULTS, GERMAN_PROBLEMS } from '../../packages/admin/src/text/problems-de.js';
import { ENGLISH_PROBLEMS } from '../../packages/admin/src/text/problems-en.js';
import { CODES_WITHOUT_FACTS } from '../../packages/admin/src/text/problem-codes.js';

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

describe('the texts of refusals in the admin UI', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => readFileSync(join('src', name), 'utf8'));

  it('are there for each code of the API in each language, and say what to do', () => {
    const codes = Object.keys(PROBLEM_ACTIONS).sort();
    for (const texts of [ENGLISH_PROBLEMS, GERMAN_PROBLEMS]) {
      expect(Object.keys(texts).sort()).toEqual(codes);
      for (const [meaning, remedy] of Object.values(texts)) {
        expect(meaning).toMatch(/^[A-ZÄÖÜ].*[^.]$/);
        expect(remedy).toMatch(/^[A-ZÄÖÜ].*\.$/);
      }
    }
  });

  it('are followed by what the server says wherever that has facts', () => {
    // An error whose message is one literal says the same each time.
    const errors = sources.flatMap((source) => [
      ...source.matchAll(/super\(((?:[^()]|\([^()]*\))*?)\{[^}]*?errorCode: '([A-Z_]+)'/g),
    ]);
    const isLiteral = (text: string) => /^'(?:[^'\\]|\\.)*'$/.test(text.trim().replace(/,$/, ''));
    const withFacts = new Set(errors.filter(([, text = '']) => !isLiteral(text)).map(([, , code]) => code));
    const literal = new Set(errors.filter(([, text = '']) => isLiteral(text)).map(([, , code = '']) => code));
    expect(literal.size).toBeGreaterThan(30);
    const withoutErrors = ['CLIENT_CLOSED_REQUEST', 'INTERNAL_ERROR', 'REQUEST_TIMEOUT'];
    expect([...CODES_WITHOUT_FACTS].sort()).toEqual(
      [...[...literal].filter((code) => !withFacts.has(code)), ...withoutErrors].sort(),
    );
  });

  it('translate what schemas say of a field', () => {
    const translated = (fault: string) => GERMAN_FAULTS.some(([pattern]) => pattern.test(fault));
    const faults = readFileSync('src/shared/http/schema-messages.spec.ts', 'utf8').matchAll(
      /'((?:must|is|unknown)\b[^']*)'/g,
    );
    const all = [...new Set([...faults].map(([, fault = '']) => fault))];
    expect(all.length).toBeGreaterThan(15);
    expect(all.filter((fault) => !translated(fault))).toEqual([]);
    const groups = GERMAN_FAULTS.map(([pattern, text]) => [
      new RegExp(`${pattern.source}|`).exec('')?.length ?? 0,
      Math.max(0, ...[...text.matchAll(/\$(\d)/g)].map(([, index]) => Number(index))),
    ]);
    expect(groups.filter(([count = 0, used = 0]) => used >= count)).toEqual([]);
  });
});
