import { describe, expect, it } from '@jest/globals';
import { GRANTS } from '../database/grants.js';
import { columnsOf } from '../shared/persistence/entity-columns.js';
import { License } from './license.entity.js';
import { LicenseResponse } from './license.response.js';

const COLUMNS = columnsOf(License);
const names = (columns: typeof COLUMNS) => columns.map(({ name }) => name).sort();

describe('the columns of a license', () => {
  it('are in the response, but for secrets and what only the server reads', () => {
    const hidden = [
      'license_key_sealed',
      'trial_customer_id',
      'trial_product_id',
      'edited_terms',
      'next_due_at',
      'blocked_devices',
      'awaited_start',
    ];
    expect(names(COLUMNS).filter((name) => !(name in LicenseResponse.shape))).toEqual(hidden.sort());
  });

  it('can be updated by the application role if an action changes them, and none else but what has its own statement', () => {
    const [, list = ''] = /UPDATE \(([^)]*)\)/.exec(GRANTS.licenses ?? '') ?? [];
    const withOwnStatement = ['current_activations', 'files_until', 'blocked_devices'];
    const changeable = names(COLUMNS.filter(({ isUpdatable }) => isUpdatable));
    expect(list.split(/,\s*/).sort()).toEqual([...changeable, ...withOwnStatement].sort());
  });
});
