import { z } from 'zod';
import { EXAMPLES } from '../../shared/examples.js';
import { Email } from '../../shared/http/email.js';
import { text } from '../../shared/http/schema.js';

export const FindLicensesRequest = z
  .strictObject({
    license_key: text(1_000).meta({ description: 'The current license key, or one that it replaced.' }),
    last_four: text(8).meta({
      description: 'The last four characters of the current license key, as they are or in lower case.',
    }),
    fingerprint: text(255).meta({ description: 'Fingerprint of a device that is or was activated.' }),
    email: Email.meta({ description: 'E-mail address of the customer. Also needs the permission `customers:read`.' }),
    order_id: z.uuid(),
    external_id: text(255),
  })
  .partial()
  .refine(
    (request) => Object.keys(request).length === 1,
    'must contain one of license_key, last_four, fingerprint, email, order_id and external_id',
  )
  .meta({
    id: 'FindLicensesRequest',
    description: 'One of the members.',
    minProperties: 1,
    maxProperties: 1,
    examples: [{ license_key: EXAMPLES.licenseKey }],
  });
export type FindLicensesRequest = z.infer<typeof FindLicensesRequest>;
