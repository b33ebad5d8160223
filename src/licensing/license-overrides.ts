import { z } from 'zod';
import { FreeFormInput } from '../shared/free-form.js';
import { InvalidFieldError } from '../shared/errors.js';
import { Timestamp, UtcTime } from '../shared/http/schema.js';
import {
  Feature,
  MAX_FEATURES,
  overridableFields,
  Restriction,
  Term,
  type LicenseTerms,
  type LicenseType,
} from '../templates/index.js';

const termFields = {
  ...overridableFields,
  features: overridableFields.features.meta({
    description: 'Each replaces the feature of the template with its feature_id, or is added.',
  }),
  restrictions: overridableFields.restrictions.meta({ description: 'Replace all restrictions of the template.' }),
  term: Term.meta({ description: 'Term of the license, also of its renewals. Not for a trial.' }),
  expiry_date: Timestamp.nullable().meta({
    description: 'End of the first term, in the future. Null: never expires. Renewals are by the term of the template.',
  }),
};

const EXAMPLES = [{ max_activations: 10, term: { years: 2 } }];
const ONE_END = 'must not contain both term and expiry_date';

function hasOneEnd({ term, expiry_date }: { term?: unknown; expiry_date?: unknown }): boolean {
  return term === undefined || expiry_date === undefined;
}

/** Terms of an issue request that differ from those of its template. */
export const OverridesInput = z
  .strictObject({
    ...termFields,
    metadata: FreeFormInput.meta({
      description: 'Added to `metadata`, which is of the license alone and never replaced by a template.',
      type: 'object',
      additionalProperties: true,
    }),
  })
  .partial()
  .refine(hasOneEnd, ONE_END)
  .meta({ id: 'OverridesInput', examples: EXAMPLES });
export type OverridesInput = z.infer<typeof OverridesInput>;

/** Overrides without metadata, for what is issued later: a line of an order, a workflow. */
export const TermOverrides = z
  .strictObject(termFields)
  .partial()
  .refine(hasOneEnd, ONE_END)
  .meta({ id: 'TermOverrides', examples: EXAMPLES });

export const OVERRIDE_NAMES = Object.keys(OverridesInput.shape) as (keyof OverridesInput)[];

/** Overrides that a license keeps. */
export const Overrides = z
  .object({
    max_activations: z.int().nullable(),
    grace_period_days: z.int(),
    features: z.array(Feature),
    restrictions: z.array(Restriction),
    term: Term,
    expiry_date: UtcTime.nullable(),
  })
  .partial()
  .meta({
    id: 'Overrides',
    description: 'Terms that differ from those of the template, by name. A change of the template keeps them.',
  });
export type Overrides = Readonly<z.infer<typeof Overrides>>;

/** Returns the overrides that a license keeps; null: none. Those of metadata are in its metadata. */
export function keptOverrides(overrides: OverridesInput): Overrides | null {
  return withoutOverrides(overrides, ['metadata']);
}

/** Returns the overrides without these; null if none is left. */
export function withoutOverrides(
  overrides: OverridesInput | Overrides | null,
  names: readonly (keyof OverridesInput)[],
): Overrides | null {
  const kept = Object.entries(overrides ?? {}).filter(([name]) => !names.some((dropped) => dropped === name));
  return kept.length > 0 ? Object.fromEntries(kept) : null;
}

/** Sets the terms that are overridden. Throws InvalidFieldError if there are too many features. */
export function overrideTerms(terms: LicenseTerms, overrides: Overrides): void {
  const { max_activations, grace_period_days, features, restrictions, term } = overrides;
  if (max_activations !== undefined) terms.maxActivations = max_activations;
  if (grace_period_days !== undefined) terms.gracePeriodDays = grace_period_days;
  if (restrictions) terms.restrictions = restrictions;
  if (features) terms.features = mergedFeatures(terms.features, features);
  if (term) {
    terms.defaultDuration = term.days ?? null;
    terms.defaultTerm = term.days === undefined ? term : null;
  }
}

/**
 * Asserts that a license can have the first term that the overrides at this pointer name: a trial has no term, but an end, and a license that
 * never expires neither of them. Throws InvalidFieldError.
 */
export function assertFirstTerm(
  { term, expiry_date: end }: Pick<OverridesInput, 'term' | 'expiry_date'>,
  { licenseType, trial }: { readonly licenseType: LicenseType; readonly trial: boolean },
  at = '/overrides',
): void {
  const neverExpires = licenseType === 'PERPETUAL' && !trial;
  if (term && trial) throw new InvalidFieldError(`${at}/term`, 'must be absent for a trial: set expiry_date');
  if (term && neverExpires)
    throw new InvalidFieldError(`${at}/term`, 'must be absent: a PERPETUAL license never expires');
  if (end && neverExpires)
    throw new InvalidFieldError(`${at}/expiry_date`, 'must be null: a PERPETUAL license never expires');
  if (end === null && trial) throw new InvalidFieldError(`${at}/expiry_date`, 'must be a time: the license is a trial');
}

/** Returns the overrides with the numbers that the license has now, because actions change them. */
export function withCurrentNumbers(overrides: Overrides, terms: LicenseTerms): Overrides {
  const { maxActivations: max_activations, gracePeriodDays: grace_period_days } = terms;
  return {
    ...overrides,
    ...('max_activations' in overrides && { max_activations }),
    ...('grace_period_days' in overrides && { grace_period_days }),
  };
}

function mergedFeatures(features: readonly Feature[], overriding: readonly Feature[]): Feature[] {
  const byId = new Map([...features, ...overriding].map((feature) => [feature.feature_id, feature]));
  if (byId.size > MAX_FEATURES)
    throw new InvalidFieldError('/overrides/features', `must leave the license at most ${MAX_FEATURES} features`);
  return [...byId.values()];
}
