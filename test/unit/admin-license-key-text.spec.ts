import { describe, expect, it } from '@jest/globals';
import { mayBeLicenseKey } from '../../packages/admin/src/parts/license-key-text.js';

describe('text that the admin UI sends in no address', () => {
  it.each([
    '0A1B-2C3D-4E5F-6071-8293',
    ' 0a1b 2c3d 4e5f 6071 8293 ',
    '0A1B–2C3D–4E5F–6071–8293',
    '0A1B-2C3D-4',
    '38b1460a-5104-4067-a91d-77b872934d51',
    'ABCD1-EFGH2-IJKL3-MNOP4',
    'QWERTYUIOPASDFGH',
  ])('is what may be a license key: %s', (text) => {
    expect(mayBeLicenseKey(text)).toBe(true);
  });

  it.each([
    '0199b1c2-0000-7000-8000-000000000000',
    'margaret hamilton',
    'Deutsche Dampfschifffahrtsgesellschaft',
    'a.long.address.1234@example.com',
    '8293',
    'device-3',
    'customer-001',
  ])('is not what people search by: %s', (text) => {
    expect(mayBeLicenseKey(text)).toBe(false);
  });
});
