import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { FindCustomerIdsQuery } from '../../customers/index.js';
import { PermissionDeniedError } from '../../shared/access/access.errors.js';
import { KnownTenants } from '../../shared/access/authenticator.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { InvalidFieldError } from '../../shared/errors.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import { Clock } from '../../shared/time/clock.js';
import { LicensesFoundEvent } from '../events/licenses-found.event.js';
import { LicenseReader } from '../license-reader.js';
import { toLicenseResponse } from '../license.response.js';
import { SeatCounter } from '../seat-counter.js';
import { FORGOTTEN, lastFourAsTyped, licenseKeyDigests } from './license-key.js';
import { FindLicensesCommand } from './find-licenses.command.js';
import type { FindLicensesRequest } from './find-licenses.requests.js';

/** Most licenses of a response; the filters of the list find more. */
const MAX_FOUND = 20;
/** Customers of one e-mail address. With more, the search is refused instead of leaving some out. */
const MAX_CUSTOMERS = 10_000;

/** Permissions that a search also needs, because its answer tells what the holder of a license would not. */
const NEEDED = [
  ['email', 'customers:read'],
  ['fingerprint', 'activations:read'],
] as const;

@CommandHandler(FindLicensesCommand)
export class FindLicensesHandler implements ICommandHandler<FindLicensesCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly licenses: LicenseReader,
    private readonly seatCounter: SeatCounter,
    private readonly tenants: KnownTenants,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  async execute(command: FindLicensesCommand) {
    const { actor, request } = command;
    for (const [name, permission] of NEEDED) {
      if (request[name] !== undefined && !actor.may(permission)) throw new PermissionDeniedError(permission);
    }
    const tenant = await this.tenants.findTenant(actor.tenantId);
    return this.unitOfWork.perform(command, async (transaction) => {
      const { sql, value } = await this.condition(command, tenant);
      const ids = await findIds(transaction, sql, value);
      const now = this.clock.now();
      const found = await Promise.all(ids.slice(0, MAX_FOUND).map((id) => this.licenses.find(actor.tenantId, id)));
      const licenses = found.flatMap((license) => license ?? []);
      const [by = ''] = Object.keys(request);
      transaction.record(new LicensesFoundEvent(actor, now, by, licenses));
      return { data: licenses.map((license) => toLicenseResponse(license, now)), has_more: ids.length > MAX_FOUND };
    });
  }

  /** Returns the condition of the licenses `item`, with its value as `$2`. */
  private async condition({ actor, request }: FindLicensesCommand, tenant: KeyTenant): Promise<Condition> {
    const { license_key, last_four, fingerprint, email, order_id, external_id }: FindLicensesRequest = request;
    if (license_key !== undefined) {
      const { own, foreign } = licenseKeyDigests(this.secrets, license_key, tenant);
      return { sql: BY_DIGEST, value: [own, foreign] };
    }
    if (email !== undefined) {
      const ids = await this.queries.execute(new FindCustomerIdsQuery(actor, email, MAX_CUSTOMERS));
      if (ids.length > MAX_CUSTOMERS)
        throw new InvalidFieldError(
          '/email',
          `must be the address of at most ${MAX_CUSTOMERS} customers: find the license by another value`,
        );
      return { sql: 'item.customer_id = ANY($2::text[])', value: ids };
    }
    if (last_four !== undefined)
      return { sql: 'item.license_key_last_four = ANY($2::text[])', value: lastFourAsTyped(last_four) };
    if (fingerprint !== undefined)
      return { sql: `item.license_id IN (${this.seatCounter.licensesOfDeviceSql('$1', '$2')})`, value: fingerprint };
    if (order_id !== undefined) return { sql: 'item.order_id = $2::uuid', value: order_id };
    return { sql: 'item.external_id = $2', value: external_id };
  }
}

type KeyTenant = Parameters<typeof licenseKeyDigests>[2];

interface Condition {
  readonly sql: string;
  readonly value: unknown;
}

const BY_DIGEST = `item.license_id IN (
  SELECT license_id FROM license_keys
  WHERE digest = ANY($2::bytea[]) AND tenant_id = $1 AND (valid_until IS NULL OR valid_until > '${FORGOTTEN}'))`;

async function findIds(transaction: Transaction, sql: string, value: unknown): Promise<string[]> {
  const rows = await transaction.query<{ license_id: string }>({
    text: `SELECT license_id FROM licenses item WHERE item.tenant_id = $1 AND ${sql}
           ORDER BY created_at DESC, license_id DESC LIMIT ${MAX_FOUND + 1}`,
    values: [transaction.tenantId, value],
  });
  return rows.map(({ license_id }) => license_id);
}
