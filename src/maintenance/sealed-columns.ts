import { licenseSealContext } from '../licensing/index.js';
import { emailAttemptSealContext, emailMessageSealContext } from '../notifications/index.js';
import { idempotencySealContext } from '../shared/persistence/idempotency.js';
import { signingKeySealContext } from '../signing/index.js';

/** A column that the master key seals, with the context of its seals. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** The primary key column besides the tenant. */
  readonly id: string;
  readonly idType: string;
  readonly context: (tenantId: string, id: string) => readonly string[];
}

/** All sealed columns, which `npm run rekey` seals again. A test compares the list with the schema. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  {
    table: 'licenses',
    column: 'license_key_sealed',
    id: 'license_id',
    idType: 'uuid',
    context: licenseSealContext,
  },
  {
    table: 'rotated_license_keys',
    column: 'license_key_sealed',
    id: `(license_id || ' ' || number)`,
    idType: 'text',
    context: (tenantId, id) => licenseSealContext(tenantId, id.split(' ')[0] ?? ''),
  },
  {
    table: 'signing_keys',
    column: 'private_key_sealed',
    id: 'kid',
    idType: 'text',
    context: signingKeySealContext,
  },
  {
    table: 'email_messages',
    column: 'content_sealed',
    id: 'email_message_id',
    idType: 'uuid',
    context: emailMessageSealContext,
  },
  {
    table: 'email_attempts',
    column: 'response_sealed',
    id: 'attempt_id',
    idType: 'uuid',
    context: emailAttemptSealContext,
  },
  {
    table: 'idempotency_keys',
    column: 'result_sealed',
    id: `encode(key_digest, 'hex')`,
    idType: 'text',
    context: idempotencySealContext,
  },
];
