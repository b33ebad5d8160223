import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TenantConnection } from './tenant-connection.js';
import { Transaction } from './transaction.js';

describe('the end of a transaction', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  afterAll(() => {
    Logger.overrideLogger(['error']);
  });

  it('runs all work that waits for it, also when some of it fails', () => {
    const transaction = new Transaction({ tenantId: 'tenant-001' }, {} as TenantConnection, new AsyncLocalStorage());
    const ran: string[] = [];
    transaction.whenEnded(() => ran.push('first'));
    transaction.whenEnded(() => {
      throw new Error('failed');
    });
    transaction.whenEnded(() => ran.push('last'));
    transaction.close();
    expect(ran).toEqual(['first', 'last']);
  });
});
