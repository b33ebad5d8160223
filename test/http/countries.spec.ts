import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { CountryLookup } from '../../src/validation/country-lookup.js';
import { ConfigError } from '../../src/config.js';
import { describeFailure } from '../../src/failure.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { countryDatabase } from '../support/mmdb.js';

const WORLD = { '203.0.113.0/24': 'DE', '198.51.100.128/25': 'US', '2001:db8::/32': 'DE', '192.0.2.7/32': 'FR' };

describe('GEOIP_DATABASE', () => {
  let folder: string;
  let file: string;
  let app: TestApp;
  let api: Api;
  let license: Wire;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imprimatur-countries-'));
    file = join(folder, 'countries.mmdb');
    await writeFile(file, countryDatabase(WORLD));
    app = await TestApp.start({
      environment: { GEOIP_DATABASE: file, TRUST_PROXY: '1', COUNTRY_HEADER: 'CF-IPCountry' },
    });
    api = await app.tenant();
    const restrictions = [{ restriction_type: 'GEOGRAPHIC', values: ['DE'], operator: 'ALLOW' }];
    license = await api.issue(await api.template({ max_activations: null, restrictions }));
  });

  beforeEach(() => replace(countryDatabase(WORLD)));

  afterAll(async () => {
    await app.stop();
    await rm(folder, { recursive: true });
  });

  /** As `geoipupdate` does: under another name first. Some file systems keep times by the second. */
  async function replace(content: Buffer): Promise<void> {
    await writeFile(`${file}.new`, content);
    await utimes(`${file}.new`, new Date(), new Date(Date.now() + Math.random() * 1e6));
    await rename(`${file}.new`, file);
    await app.nest.get(CountryLookup).reloadIfChanged();
  }

  const from = async (address: string, country?: string): Promise<string> => {
    const headers = { 'X-Forwarded-For': address, ...(country !== undefined && { 'CF-IPCountry': country }) };
    const body = { license_key: license.license_key as string };
    return (await app.anonymous().post('/v1/client/validate', body, headers)).body.code as string;
  };

  it.each([
    ['203.0.113.0', 'VALID'],
    ['203.0.113.255', 'VALID'],
    ['203.0.114.0', 'COUNTRY_DENIED'],
    ['198.51.100.200', 'COUNTRY_DENIED'],
    ['2001:db8:1::1', 'VALID'],
    ['2001:db9::1', 'COUNTRY_DENIED'],
    ['::ffff:203.0.113.9', 'VALID'],
  ])('knows the country of the address that the trusted proxy tells: %s is %s', async (address, code) => {
    expect(await from(address)).toBe(code);
  });

  it('is asked where the proxy names no country, and not where it does', async () => {
    expect(await from('203.0.113.1', 'US')).toBe('COUNTRY_DENIED');
    expect(await from('198.51.100.200', 'DE')).toBe('VALID');
    // Cloudflare's words for an unknown country, and for Tor.
    expect(await from('203.0.113.1', 'XX')).toBe('VALID');
    expect(await from('203.0.113.1', 'T1')).toBe('VALID');
  });

  it('tells explain the country of the address that support says', async () => {
    const explain = async (body: Record<string, unknown>) =>
      (await api.post(`/v1/licenses/${license.license_id}/explain`, body)).body.code as string;
    expect(await explain({ ip: '203.0.113.1' })).toBe('VALID');
    expect(await explain({ ip: '203.0.113.1', country: 'US' })).toBe('COUNTRY_DENIED');
    expect(await explain({})).toBe('COUNTRY_DENIED');
  });

  it('is read again when the file was replaced', async () => {
    await replace(countryDatabase({ '198.51.100.128/25': 'DE' }));
    expect(await from('198.51.100.200')).toBe('VALID');
    expect(await from('203.0.113.1')).toBe('COUNTRY_DENIED');
  });

  it('stays as it was when the file that replaces it cannot be used', async () => {
    const whole = countryDatabase(WORLD);
    for (const broken of [Buffer.from('no database'), whole.subarray(0, whole.length / 2), Buffer.alloc(0)]) {
      await replace(broken);
      expect(await from('203.0.113.1')).toBe('VALID');
    }
    await rm(file);
    await app.nest.get(CountryLookup).reloadIfChanged();
    expect(await from('203.0.113.1')).toBe('VALID');
    await replace(countryDatabase({ '203.0.113.0/24': 'US' }));
    expect(await from('203.0.113.1')).toBe('COUNTRY_DENIED');
  });

  /** The code of the last country is no text any more: its metadata and its tree are sound. */
  const damaged = (world: Record<string, string>) => {
    const whole = Buffer.from(countryDatabase(world));
    const code = whole.lastIndexOf('iso_code') + 'iso_code'.length;
    whole[code] = 0x3f;
    return whole;
  };

  it('of which the data is damaged does not know the countries there, fails no request and warns once a minute', async () => {
    const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    await replace(damaged({ '198.51.100.0/24': 'DE', '203.0.113.0/24': 'US' }));
    expect(await from('198.51.100.1')).toBe('VALID');
    for (let request = 0; request < 5; request++) expect(await from('203.0.113.1')).toBe('COUNTRY_DENIED');
    const warnings = warned.mock.calls.filter(([text]) => String(text).includes('GEOIP_DATABASE')).length;
    warned.mockRestore();
    expect(warnings).toBe(1);
  });

  it('stays as it was when the one that replaces it is damaged where it is tried', async () => {
    await replace(damaged({ '0.0.0.0/1': 'DE' }));
    expect(await from('203.0.113.1')).toBe('VALID');
  });

  it.each([
    ['is not there', undefined, 'ENOENT'],
    ['is none', Buffer.from('no database'), 'GEOIP_DATABASE cannot be used'],
    ['tells no countries', countryDatabase({}, 'GeoLite2-ASN'), 'GeoLite2-ASN has no countries'],
  ])('keeps the server from starting, with a sentence that names it, where it %s', async (_, content, words) => {
    const other = join(folder, 'other.mmdb');
    await rm(other, { force: true });
    if (content) await writeFile(other, content);
    const database = await TestDatabase.create();
    const error = await TestApp.start({ database, environment: { GEOIP_DATABASE: other } }).catch((e: unknown) => e);
    await database.drop();
    expect(error).toBeInstanceOf(ConfigError);
    expect(describeFailure(error)).toContain(words);
    expect(describeFailure(error)).toMatch(/^Imprimatur did not start\. GEOIP_DATABASE/);
  });
});
