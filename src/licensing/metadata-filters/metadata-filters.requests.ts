import { z } from 'zod';
import { text } from '../../shared/http/schema.js';
import { MAX_METADATA_FILTERS, METADATA_FILTER_KEY } from '../../tenants/index.js';
import { MAX_FILTER_VALUE } from './metadata-values.js';

const PREFIX = 'metadata.';
const Value = text(MAX_FILTER_VALUE);

/** Request whose members may be filters by metadata. */
export type FilteredRequest = Readonly<Record<string, unknown>>;

/** Returns the metadata keys that a request filters by, with their values. */
export function metadataFiltersOf(request: FilteredRequest): [key: string, value: string][] {
  return Object.entries(request).flatMap(([name, value]) =>
    name.startsWith(PREFIX) && typeof value === 'string' ? [[name.slice(PREFIX.length), value]] : [],
  );
}

/** Schema of the members `metadata.{key}` for the OpenAPI document. */
export const METADATA_FILTER_MEMBERS = {
  additionalProperties: false,
  patternProperties: {
    [`^metadata\\.${METADATA_FILTER_KEY.source.slice(1)}`]: { type: 'string', maxLength: MAX_FILTER_VALUE },
  },
  description:
    'Also `metadata.{key}`: the value of a metadata key that is declared in `metadata_filters` of the settings; numbers and booleans as text.',
};

/** Accepts members `metadata.{key}` besides those of the schema, and no others. */
export function withMetadataFilters<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>) {
  return schema.catchall(z.unknown()).superRefine((request, context) => {
    const names = Object.keys(request).filter((name) => !(name in schema.shape));
    const isFilter = (name: string) => name.startsWith(PREFIX) && METADATA_FILTER_KEY.test(name.slice(PREFIX.length));
    const unknown = names.filter((name) => !isFilter(name));
    if (unknown.length > 0) context.addIssue({ code: 'unrecognized_keys', keys: unknown, input: request });
    const filters = names.filter(isFilter);
    if (filters.length > MAX_METADATA_FILTERS)
      context.addIssue({ code: 'custom', message: `must contain at most ${MAX_METADATA_FILTERS} filters by metadata` });
    for (const name of filters) {
      const [issue] = Value.safeParse(request[name as keyof typeof request]).error?.issues ?? [];
      if (issue) context.addIssue({ code: 'custom', message: issue.message, path: [name] });
    }
  });
}
