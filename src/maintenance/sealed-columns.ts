import { licenseSealContext } from '../licensing/index.js';
import { idempotencySealContext } from '../shared/persistence/idempotency.js';
import { signingKeySealContext } from '../signing/index.js';

/** A column that the master key seals, and what each seal in it is bound to. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** The rest of the primary key, beside the tenant, as text. */
  readonly id: string;
  readonly idType: string;
  readonly context: (tenantId: string, id: string) => readonly string[];
}

/** Every one there is: `npm run rekey` seals them anew. A test compares the list with the schema. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  {
    table: 'licenses',
    column: 'license_key_sealed',
    id: 'license_id',
    idType: 'uuid',
    context: licenseSealContext,
  },
  {
    table: 'signing_keys',
    column: 'private_key_sealed',
    id: 'kid',
    idType: 'text',
    context: signingKeySealContext,
  },
  {
    table: 'idempotency_keys',
    column: 'result_sealed',
    id: `encode(key_digest, 'hex')`,
    idType: 'text',
    context: idempotencySealContext,
  },
];
