import { z } from 'zod';
import { SUBJECT_TYPES, SUBJECT_VIAS } from '../access/actor.js';
import { isCleanText } from '../json.js';
import { rule } from './schema-messages.js';
export const RESOURCE_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
const ID_RULE =
  'must be 1 to 64 characters, letters, digits and . _ : -, beginning with a letter or digit, or an integer';

/** Text of 1 to `max` characters that PostgreSQL and every JSON parser accept. */
export const text = (max: number) =>
  z.string().min(1).max(max).refine(isCleanText, 'must not contain U+0000 or lone surrogates');

/** Id that another system may have assigned: a string or integer in requests, stored and returned as a string. */
export const ResourceId = z
  .union([z.string(), z.int()], rule(ID_RULE))
  .transform(String)
  .pipe(z.string().regex(RESOURCE_ID, ID_RULE))
  .meta({ description: 'String or integer; stored as a string.', examples: ['customer-001'] });

/** Id in a path or query, where every value is text. */
export const IdParameter = z.string().regex(RESOURCE_ID, ID_RULE);

export const UuidParameter = z.uuid();

/** Language tag of BCP 47: language, script and region. */
export const LanguageTag = z
  .string()
  .regex(/^[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?$/, 'must be a language tag such as de or pt-BR')
  .meta({ examples: ['en'] });

/** Before it PostgreSQL writes years BC. */
const MIN_YEAR = 1;
const MAX_YEAR = 9999;
const time = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine(isWritable, `must be in the years ${String(MIN_YEAR).padStart(4, '0')} to ${MAX_YEAR} in UTC`);

/** Returns true for years of four digits. The time zone can move a valid local time out of them. */
function isWritable(date: Date): boolean {
  return date.getUTCFullYear() >= MIN_YEAR && date.getUTCFullYear() <= MAX_YEAR;
}

/** ISO 8601 time with a time zone in requests, converted to UTC with milliseconds. */
export const Timestamp = time.transform((date) => date.toISOString());

export const TimestampParameter = time;

/** ISO 8601 time in responses: UTC, with the suffix Z. */
export const UtcTime = z.iso.datetime().meta({ examples: ['2026-11-23T12:00:00.000Z'] });

/** Type of an actor in events. The operator of the server acts by CLI commands: see maintenance/. */
export const ActorType = z.enum([...SUBJECT_TYPES, 'operator']).meta({ id: 'ActorType' });
export const ActorVia = z.enum([...SUBJECT_VIAS, 'cli']).meta({ id: 'ActorVia' });

export const FlagParameter = z.enum(['true', 'false']).transform((value) => value === 'true');
