import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { EVENT_TYPES } from './event-types.js';

const DECLARATION =
  /(?:readonly type(?:: [^;=\n]*)? = |ACTIVATION_CHANGED = |readonly type: )((?:'[a-z_]+\.[a-z_]+'(?: \| )?)+)/g;

it('the types of events are those that the modules record', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' });
  const sources = files.filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'));
  const recorded = sources.flatMap((name) =>
    [...readFileSync(join('src', name), 'utf8').matchAll(DECLARATION)].flatMap(([, types = '']) =>
      [...types.matchAll(/'([^']+)'/g)].map(([, type]) => type),
    ),
  );
  // `customer.erased` is recorded by the operator's command.
  expect([...new Set([...recorded, 'customer.erased'])].sort()).toEqual([...EVENT_TYPES]);
});
