import { readFile, stat } from 'node:fs/promises';
import { Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { Reader, type CountryResponse } from 'mmdb-lib';
import { Config, ConfigError } from '../config.js';
import { Chore } from '../shared/chore.js';

const LOOK_INTERVAL_MS = 60_000;
/** GeoLite2, GeoIP2 and DB-IP name their databases so; those of networks or providers tell no country. */
const WITH_COUNTRIES = /Country|City|Location|Enterprise/i;
const IPV4_ONLY = 4;

/**
 * The countries of addresses, from a file in MaxMind's format, if one is configured. It is in memory; that the file was replaced
 * is noticed within a minute, and a file that cannot be used leaves the one before in use.
 */
@Injectable()
export class Countries implements OnModuleInit, BeforeApplicationShutdown {
  private readonly chore = new Chore(Countries.name, 'The database that was read before stays in use');
  private reader: Reader<CountryResponse> | undefined;
  /** Which state of the file `reader` is. */
  private edition: string | undefined;

  constructor(private readonly config: Config) {}

  /** Throws ConfigError. */
  async onModuleInit(): Promise<void> {
    const { GEOIP_DATABASE: path } = this.config.settings;
    if (path === undefined) return;
    await this.load(path);
    this.chore.every(LOOK_INTERVAL_MS, () => this.look());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.chore.stop();
  }

  /** In two capital letters; undefined where it is not known. */
  of(address: string | undefined): string | undefined {
    if (!this.reader || address === undefined || !ipaddr.isValid(address)) return undefined;
    const parsed = ipaddr.process(address);
    if (parsed.kind() === 'ipv6' && this.reader.metadata.ipVersion === IPV4_ONLY) return undefined;
    return this.reader.get(parsed.toString())?.country?.iso_code;
  }

  /** Takes the file as it is now, if it is another than before. */
  async look(): Promise<void> {
    const { GEOIP_DATABASE: path } = this.config.settings;
    if (path === undefined) return;
    await this.chore.attempt(() => this.load(path));
  }

  private async load(path: string): Promise<void> {
    try {
      const { ino, size, mtimeMs } = await stat(path);
      const edition = `${ino} ${size} ${mtimeMs}`;
      if (edition === this.edition) return;
      const reader = new Reader<CountryResponse>(await readFile(path));
      const { databaseType } = reader.metadata;
      if (!WITH_COUNTRIES.test(databaseType))
        throw new Error(`a database of the type ${databaseType} has no countries`);
      [this.reader, this.edition] = [reader, edition];
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ConfigError(`GEOIP_DATABASE cannot be used: ${why}.`);
    }
  }
}
