import { z } from 'zod';
import { SUBJECT_TYPES, SUBJECT_VIAS } from '../access/actor.js';
import { isCleanText } from '../json.js';
import { rule } from './schema-messages.js';
export const RESOURCE_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
const ID_RULE =
  'must be 1 to 64 characters, letters, digits and . _ : -, beginning with a letter or digit, or an integer';

/** Text of 1 to `max` characters that can be stored and read everywhere. */
export const text = (max: number) =>
  z.string().min(1).max(max).refine(isCleanText, 'must not contain U+0000 or lone surrogates');

/** An id that may be mastered elsewhere: a string or an integer on the way in, text from then on. */
export const ResourceId = z
  .union([z.string(), z.int()], rule(ID_RULE))
  .transform(String)
  .pipe(z.string().regex(RESOURCE_ID, ID_RULE))
  .meta({ description: 'String or integer; stored as a string.', examples: ['customer-001'] });

/** An id in a path or in a query, where everything is text. */
export const IdParameter = z.string().regex(RESOURCE_ID, ID_RULE);

export const UuidParameter = z.uuid();

const MAX_YEAR = 9999;
const time = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine(isWritable, `must be in the years 0000 to ${MAX_YEAR} in UTC`);

/** An offset can move a time out of the years that ISO 8601 writes with four digits. */
function isWritable(date: Date): boolean {
  return date.getUTCFullYear() >= 0 && date.getUTCFullYear() <= MAX_YEAR;
}

/** ISO 8601 with a time zone, kept as UTC with milliseconds. */
export const Timestamp = time.transform((date) => date.toISOString());

export const TimestampParameter = time;

/** On the way out: UTC, ends in Z. */
export const UtcTime = z.iso.datetime().meta({ examples: ['2026-11-23T12:00:00.000Z'] });

/** Who acted, and by which door. The operator of the server acts by its commands: see maintenance/. */
export const ActorType = z.enum([...SUBJECT_TYPES, 'operator']).meta({ id: 'ActorType' });
export const ActorVia = z.enum([...SUBJECT_VIAS, 'cli']).meta({ id: 'ActorVia' });

export const FlagParameter = z.enum(['true', 'false']).transform((value) => value === 'true');
