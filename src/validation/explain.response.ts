import { z } from 'zod';
import { ActivationResponse } from '../activations/index.js';
import { UtcTime } from '../shared/http/schema.js';
import { Entitlement } from '../usage/index.js';
import { type ExplainRequest } from './explain.requests.js';
import { evaluate } from './evaluation.js';
import type { EvidenceAsOf } from './past-evidence.js';
import { ClientLicense, toValidateResponse, ValidateResponse } from './validation.response.js';

const ABOUT_THE_PAST = 'Only with `as_of`.';

/** The result of a validation. A result about the past omits the fields in `unknown`. */
export const ExplainResponse = z
  .object({
    ...ValidateResponse.shape,
    license: ClientLicense.partial({ issued_to: true, current_activations: true }).nullable(),
    activation: ActivationResponse.partial({
      activation_type: true,
      user_id: true,
      name: true,
      hostname: true,
      platform: true,
      version: true,
      ip_address: true,
      metadata: true,
      last_seen_at: true,
      lease_expires_at: true,
      lent_until: true,
    }).optional(),
    entitlements: z.array(Entitlement.partial({ used: true, remaining: true })),
    as_of: UtcTime.optional().meta({ description: ABOUT_THE_PAST }),
    certain: z
      .boolean()
      .optional()
      .meta({
        description: `Whether the verdict is certain despite \`unknown\`. ${ABOUT_THE_PAST}`,
      }),
    unknown: z
      .array(
        z.object({
          fields: z.array(z.string()).meta({ description: 'JSON pointers into the response.' }),
          detail: z.string(),
        }),
      )
      .optional()
      .meta({ description: `Parts that cannot be reconstructed. ${ABOUT_THE_PAST}` }),
  })
  .meta({
    id: 'ExplainResponse',
    description: 'The result of the validation. With `as_of`, what cannot be reconstructed is omitted.',
  });
export type ExplainResponse = z.infer<typeof ExplainResponse>;

export function toPastResponse({ evidence, unknown }: EvidenceAsOf, request: ExplainRequest): ExplainResponse {
  const response = toValidateResponse(evidence, evaluate(request, evidence), request.nonce);
  for (const { fields } of unknown) for (const pointer of fields) omitField(response, pointer);
  return {
    ...(response as ExplainResponse),
    as_of: response.server_time,
    certain: !unknown.some(({ affectsVerdict }) => affectsVerdict),
    unknown: unknown.map(({ fields, detail }) => ({ fields: [...fields], detail })),
  };
}

/** Removes the field from the response. A pointer to a whole member removes nothing, because parts of it are known. */
function omitField(response: object, pointer: string): void {
  const path = pointer.split('/').slice(1);
  const name = path.pop();
  if (name === undefined || path.length === 0) return;
  const parent = path.reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], response);
  Reflect.deleteProperty(parent as object, name);
}
