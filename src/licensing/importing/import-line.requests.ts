import { z } from 'zod';
import { EXAMPLES } from '../../shared/examples.js';
import { FreeFormInput } from '../../shared/free-form.js';
import { Email } from '../../shared/http/email.js';
import { FlagParameter, ResourceId, text, Timestamp } from '../../shared/http/schema.js';
import { overridableFields } from '../../templates/index.js';
import { COLUMN_MAPPINGS, MAPPING_NAMES } from './column-mappings.js';

export const MIN_KEY_LENGTH = 8;
const MAX_KEY_LENGTH = 512;
/** Length below which a license key needs the setting `allow_short_keys`. */
export const SHORT_KEY_LENGTH = 16;
const MAX_DEVICES = 1_000;

const ImportedDevice = z
  .strictObject({
    fingerprint: text(255),
    name: text(255).optional(),
    hostname: text(255).optional(),
    platform: text(100).optional(),
    activated_at: Timestamp.optional(),
    last_seen_at: Timestamp.optional().meta({ description: 'Not before `activated_at`, without which it is refused.' }),
  })
  .superRefine(({ activated_at: activated, last_seen_at: seen }, context) => {
    if (seen === undefined || (activated !== undefined && new Date(seen) >= new Date(activated))) return;
    const message = activated === undefined ? 'needs activated_at' : 'must not be before activated_at';
    context.addIssue({ code: 'custom', path: ['last_seen_at'], message });
  })
  .meta({ id: 'ImportedDevice', examples: [{ fingerprint: EXAMPLES.fingerprint }] });

const ImportedCustomer = z
  .strictObject({
    customer_id: ResourceId.optional(),
    email: Email.optional(),
    first_name: text(100).optional(),
    last_name: text(100).optional(),
    company_name: text(255).optional(),
  })
  .meta({
    id: 'ImportedCustomer',
    description:
      'Found by its id, else by its e-mail address; made if there is none. With its id alone the customer may be kept in another system.',
    minProperties: 1,
    examples: [{ customer_id: EXAMPLES.customerId, email: 'jane@example.com' }],
  });

/** Line of an import: a license as another system had it. */
export const ImportLine = z
  .strictObject({
    license_template_id: ResourceId.optional(),
    product_id: ResourceId.optional().meta({ description: 'Enough if the product has one active template.' }),
    pool_id: z.uuid().optional().meta({
      description:
        'License pool that the license counts against. With the key of a partner, the default is its only usable pool of the template.',
    }),
    license_key: z
      .string()
      .min(MIN_KEY_LENGTH)
      .max(MAX_KEY_LENGTH)
      .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'must be printable text')
      .optional()
      .meta({
        description:
          'The key that the customer has, of any format. Fewer than 16 characters, as the tenant compares keys, need the setting `allow_short_keys`. Absent: a new one.',
      }),
    external_id: text(255).optional().meta({
      description:
        'Id of the license in the other system. Unique among those of the vendor, and those of each partner.',
    }),
    idempotency_key: text(255).optional().meta({
      description: 'Identifies a line with neither license_key nor external_id, if the request has no Idempotency-Key.',
    }),
    customer: ImportedCustomer,
    issued_to: text(255).optional(),
    issued_date: Timestamp.optional().meta({ description: 'Default: now.' }),
    expiry_date: Timestamp.nullable().optional().meta({
      description:
        'After issued_date. Null: never, which a trial cannot be; a PERPETUAL license has no other. Absent: by the term of the template, from issued_date.',
    }),
    status: z.enum(['ACTIVE', 'SUSPENDED', 'REVOKED', 'EXPIRED']).optional().meta({
      description: 'Default: ACTIVE, until the expiry. EXPIRED needs an expiry in the past.',
    }),
    trial: z.boolean().optional(),
    max_activations: overridableFields.max_activations
      .optional()
      .meta({ description: 'Seats. Absent: those of the template.' }),
    features: overridableFields.features.optional().meta({
      description: 'Each replaces the feature of the template with its feature_id, or is added.',
    }),
    metadata: FreeFormInput.default({}),
    devices: z
      .array(ImportedDevice)
      .max(MAX_DEVICES)
      .default([])
      .meta({ description: 'Active devices, at most the seats.' }),
  })
  .meta({
    id: 'ImportLine',
    description:
      'License of another system. A license that is known by its key or external id is left as it is. Seats, features and an expiry that are not those of the template are overrides.',
    examples: [
      {
        license_template_id: EXAMPLES.openTemplateId,
        license_key: 'ACME-0001-2345-6789-ABCD',
        external_id: 'old-1',
        customer: { email: 'jane@example.com', first_name: 'Jane', last_name: 'Roe' },
        expiry_date: '2027-12-31T00:00:00Z',
        devices: [{ fingerprint: EXAMPLES.fingerprint }],
      },
    ],
  });
export type ImportLine = z.infer<typeof ImportLine>;

export const ImportParameters = z.strictObject({
  dry_run: FlagParameter.optional().meta({ description: 'Answer what would happen, and change nothing.' }),
  map: z.enum(MAPPING_NAMES).optional().meta({
    description: `Names the columns of another system's export. Absent: the lines have the names of ImportLine.`,
  }),
});

/** Returns the mapping of the request; undefined if the lines have our names. */
export function mappingOf({ map }: z.infer<typeof ImportParameters>) {
  return map && COLUMN_MAPPINGS[map];
}
