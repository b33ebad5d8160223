import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PROBLEM_ACTIONS } from '../../src/shared/http/next-action.js';
import { GERMAN } from '../../packages/admin/src/text/de.js';
import { GERMAN_DETAILS, toGerman } from '../../packages/admin/src/text/details-de.js';
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
  const sources = sourcesBy(() => true);

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

  const isFault = (text: string) => GERMAN_FAULTS.some(([pattern]) => pattern.test(text));

  it('translate what the server says of a field', () => {
    // Settings of the process and parts of sentences reach no form.
    const elsewhere = /^config\.ts$|^database\/|^health\/|^cli\//;
    const faults = sourcesBy((name) => !elsewhere.test(name)).flatMap((source) =>
      literalsOf(source).filter((text) => /^(?:must|is|has|needs|unknown) (?!not "|§$)/.test(text)),
    );
    const spec = readFileSync('src/shared/http/schema-messages.spec.ts', 'utf8');
    const ofSchemas = [...spec.matchAll(/'((?:must|is|unknown)\b[^']*)'/g)].map(([, fault = '']) => fault);
    // Put together of parts, whose outcomes the specification of schemas has.
    const inParts = ['must be § §', 'must § § § §§'];
    const all = [...new Set([...ofSchemas, ...faults])].filter((fault) => !inParts.includes(fault));
    expect(ofSchemas.length).toBeGreaterThan(15);
    expect(all.length).toBeGreaterThan(130);
    expect(all.filter((fault) => !filledIn(fault, ['1', 'x', '']).some(isFault))).toEqual([]);
  });

  it('translate what the server says with facts', () => {
    // The code of a refusal that is always the same sentence has its own text.
    const errors = sources.flatMap((source) =>
      [...source.matchAll(/super\(\s*`((?:[^`\\]|\\.)*)`,[^;]*?errorCode:/g)].map(([, text = '']) =>
        placeholders(text),
      ),
    );
    const reasons = sources.flatMap((source) =>
      [...source.matchAll(/detail(?: =|:)\s*(['`])((?:(?!\1)[^\n])*)\1/g)].map(([, , text = '']) => placeholders(text)),
    );
    const kinds = readFileSync('src/notifications/email-kinds.ts', 'utf8');
    const variables = [...kinds.matchAll(/(?:description:|ofLicense\()\s*'([^']+)'/g)].map(([, text = '']) => text);
    expect(variables.length).toBeGreaterThan(25);
    const described = /^validation\/(?:evaluation|restrictions|unknown-fields)|seat-shortage|assert-can-grant/;
    const descriptions = sourcesBy((name) => described.test(name)).flatMap(literalsOf);
    const inner = sources.flatMap((source) =>
      [...source.matchAll(/(?:MalformedJson|ImportConflict)Error\(\s*(?:'([^']+)'|`([^`]+)`)/g)].map(
        ([, plain, text = '']) => plain ?? placeholders(text),
      ),
    );
    // No page sends broken HTTP or a wrong route, and a fault of the server has its own text.
    const elsewhere =
      /^Internal error|HTTP|Host header|route|URL|^This path|did not arrive in time|^Send the body|UTF-8|closed the connection|headers|chunks|X-Request-Id|^It has/;
    const sentences = [...errors, ...reasons, ...descriptions, ...variables].filter((text) =>
      /^[A-Z§`].* .*[.§]$/.test(text),
    );
    const all = [...new Set([...sentences, ...inner])]
      .flatMap((text) => text.split(/(?<=\.) (?=[A-Z§`])/))
      .filter((text) => !/^[§. ]+$/.test(text) && !elsewhere.test(text));
    expect(all.length).toBeGreaterThan(150);
    const known = (text: string) => GERMAN_DETAILS.some(([pattern]) => pattern.test(text)) || isFault(text);
    expect(all.filter((text) => !filledIn(text, FACTS).some(known))).toEqual([]);
  });

  it('put sentences and faults into German, with words for what the API names, or leave all in English', () => {
    const german = (detail: string) => toGerman(detail, { faults: GERMAN_FAULTS, words: GERMAN });
    expect(german('Action "renew" is not allowed while the license L-1 is REVOKED.')).toBe(
      'Die Lizenz L-1 ist im Zustand „Widerrufen“: Dann ist „renew“ nicht möglich.',
    );
    expect(german('Not enough free seats: 3 of 3 in use. Deactivate a device first.')).toBe(
      'Zu wenige Plätze sind frei: 3 von 3. Geben Sie zuerst ein Gerät frei.',
    );
    expect(german('Line 2 cannot be fulfilled, so no line was: There is no product P.')).toBe(
      'Position 2 kann nicht erfüllt werden, deshalb wurde es keine: Das Produkt P gibt es nicht.',
    );
    expect(german('The request is not valid; see errors. · /devices/0/fingerprint must not be empty')).toBe(
      'Die Anfrage ist nicht gültig. /devices/0/fingerprint darf nicht leer sein',
    );
    expect(german('Programs may deactivate 2 devices per month. Something new.')).toBeUndefined();
    expect(german('Line 2 cannot be fulfilled, so no line was: Something new.')).toBeUndefined();
  });

  it('use no group that their pattern has not', () => {
    const groups = [...GERMAN_FAULTS, ...GERMAN_DETAILS].map(([pattern, text]) => [
      new RegExp(`${pattern.source}|`).exec('')?.length ?? 0,
      Math.max(0, ...[...text.matchAll(/\$(\d)|\{(?:\w+:)?(\d)\}/g)].map(([, plain, part]) => Number(plain ?? part))),
    ]);
    expect(groups.filter(([count = 0, used = 0]) => used >= count)).toEqual([]);
    const wordsOf = [
      ...new Set(GERMAN_DETAILS.flatMap(([, text]) => [...text.matchAll(/\{(\w+):/g)].map(([, id]) => id))),
    ];
    expect(wordsOf.filter((id) => !Object.keys(GERMAN).some((text) => text.startsWith(`${id}.`)))).toEqual([]);
  });
});

/** Values that sentences of the server contain. */
const FACTS = [
  '1',
  '',
  'a device',
  'Try again then',
  'month',
  'country',
  'it is approved',
  'has expired',
  'another open subscription',
];

/** Returns a text with each of the facts at each §. */
function filledIn(text: string, facts: readonly string[]): string[] {
  return text.includes('§') ? facts.flatMap((fact) => filledIn(text.replace('§', fact), facts)) : [text];
}

/** Values of templates are shown as §. */
function placeholders(text: string): string {
  return text.replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '§').replaceAll('\\`', '`');
}

function literalsOf(source: string): string[] {
  const code = source.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');
  return [...code.matchAll(/(['`])((?:(?!\1)[^\\\n]|\\.)*)\1/g)].map(([, , text = '']) => placeholders(text));
}

function sourcesBy(isMeant: (name: string) => boolean): string[] {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && isMeant(name))
    .map((name) => readFileSync(join('src', name), 'utf8'));
}
