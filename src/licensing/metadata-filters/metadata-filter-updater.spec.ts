import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';

import type { Config } from '../../config.js';
import { MetadataFilterUpdater } from './metadata-filter-updater.js';
import type { MetadataValuesRepository } from './metadata-values.repository.js';

describe('the updater of metadata filters', () => {
  it('updates the other tenants where one fails, and tries that one again at the next interval', async () => {
    const warnings = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const pending = new Set(['broken', 'whole']);
    let isBroken = true;
    const values = {
      tenantsWithPending: async () => Promise.resolve([...pending]),
      findKeys: (tenantId: string) =>
        isBroken && tenantId === 'broken'
          ? Promise.reject(new Error('no rows today'))
          : Promise.resolve({ declared: [], pending: [] }),
      transactionsInProgress: () => Promise.resolve([]),
      removeChunk: () => Promise.resolve(false),
      complete: (tenantId: string) => Promise.resolve(pending.delete(tenantId)),
    };
    const updater = new MetadataFilterUpdater(values as unknown as MetadataValuesRepository, {} as Config);
    await updater.sweep();
    expect([...pending]).toEqual(['broken']);
    expect(warnings.mock.calls).toEqual([[expect.stringMatching(/of tenant broken: Error: no rows today$/)]]);
    isBroken = false;
    await updater.sweep();
    expect([...pending]).toEqual([]);
    warnings.mockRestore();
  });
});
