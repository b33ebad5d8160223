import { readFile, stat } from 'node:fs/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { Reader, type CountryResponse } from 'mmdb-lib';
import { Config, ConfigError } from '../config.js';
import { PeriodicTask } from '../shared/async/periodic-task.js';

const RELOAD_INTERVAL_MS = 60_000;
/** Type names of GeoLite2, GeoIP2 and DB-IP databases with countries; network and provider databases have none. */
const WITH_COUNTRIES = /Country|City|Location|Enterprise/i;
const IPV4_ONLY = 4;
/** Number of trial look-ups before a file is used, spread over all IPv4 and all global unicast IPv6 addresses. */
const TRIAL_LOOKUPS = 4_096;
const WARNING_INTERVAL_MS = 60_000;

/**
 * Countries of addresses, from an optional MaxMind file in memory. A replaced file is loaded within a minute; if the new file is unusable,
 * the previous one stays in use.
 */
@Injectable()
export class CountryLookup implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(CountryLookup.name);
  private readonly task = new PeriodicTask(
    CountryLookup.name,
    'Failed to reload GEOIP_DATABASE; the previous file stays in use',
  );
  private reader: Reader<CountryResponse> | undefined;
  /** Version of the file that `reader` holds. */
  private fileVersion: string | undefined;
  private warnedAt = -Infinity;

  constructor(private readonly config: Config) {}

  /** Throws ConfigError. */
  async onModuleInit(): Promise<void> {
    const { GEOIP_DATABASE: path } = this.config.settings;
    if (path === undefined) return;
    await this.load(path);
    this.task.every(RELOAD_INTERVAL_MS, () => this.reloadIfChanged());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  /** Returns two capital letters; undefined if the country is unknown or the file is damaged there. */
  lookup(address: string | undefined): string | undefined {
    if (!this.reader || address === undefined || !ipaddr.isValid(address)) return undefined;
    try {
      return countryOf(this.reader, ipaddr.process(address));
    } catch (error) {
      this.warn(error);
      return undefined;
    }
  }

  /** Loads the file if it has changed since the last load. */
  async reloadIfChanged(): Promise<void> {
    const { GEOIP_DATABASE: path } = this.config.settings;
    if (path === undefined) return;
    await this.task.attempt(() => this.load(path));
  }

  private async load(path: string): Promise<void> {
    try {
      const { ino, size, mtimeMs } = await stat(path);
      const fileVersion = `${ino} ${size} ${mtimeMs}`;
      if (fileVersion === this.fileVersion) return;
      const reader = new Reader<CountryResponse>(await readFile(path));
      const { databaseType } = reader.metadata;
      if (!WITH_COUNTRIES.test(databaseType)) throw new Error(`the database type ${databaseType} has no countries`);
      tryOut(reader);
      [this.reader, this.fileVersion] = [reader, fileVersion];
    } catch (error) {
      throw new ConfigError(`GEOIP_DATABASE cannot be used: ${messageOf(error)}.`);
    }
  }

  private warn(error: unknown): void {
    const now = performance.now();
    if (now - this.warnedAt < WARNING_INTERVAL_MS) return;
    this.warnedAt = now;
    this.logger.warn(`Failed to look up a country in GEOIP_DATABASE: the file is damaged (${messageOf(error)}).`);
  }
}

function countryOf(reader: Reader<CountryResponse>, address: ipaddr.IPv4 | ipaddr.IPv6): string | undefined {
  if (address.kind() === 'ipv6' && reader.metadata.ipVersion === IPV4_ONLY) return undefined;
  const code: unknown = reader.get(address.toString())?.country?.iso_code;
  if (code === undefined || typeof code === 'string') return code;
  throw new Error('a country code is not text');
}

/** Throws if one of the trial look-ups throws. */
function tryOut(reader: Reader<CountryResponse>): void {
  for (let trial = 0; trial < TRIAL_LOOKUPS; trial++) {
    const [high, low] = [trial >> 4, (trial & 0xf) << 4];
    countryOf(reader, new ipaddr.IPv4([high, low, 1, 1]));
    countryOf(reader, new ipaddr.IPv6([0x20, high, low, ...Array<number>(13).fill(1)].slice(0, 16)));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
