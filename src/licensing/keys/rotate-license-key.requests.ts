import { z } from 'zod';
import { integer } from '../../shared/http/schema-messages.js';
import { ActionReason } from '../../shared/http/action-reason.js';

const MAX_OVERLAP_S = 30 * 24 * 60 * 60;

export const RotateLicenseKeyRequest = z
  .strictObject({
    overlap_seconds: integer(0, MAX_OVERLAP_S).default(0).meta({
      description: 'Time for which the former license key still works, at most 30 days. 0: it ends now.',
    }),
    reason: ActionReason,
  })
  .meta({
    id: 'RotateLicenseKeyRequest',
    examples: [{ overlap_seconds: 604_800, reason: { code: 'OTHER', text: 'The key was posted in a forum' } }],
  });
