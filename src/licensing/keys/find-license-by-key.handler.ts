import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { coalesceReads } from '../../shared/async/coalesce-reads.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import { FindLicenseByKeyQuery, type KeyOwner } from './find-license-by-key.query.js';
import { KEY_OWNER_SQL, licenseKeyDigest } from './license-key-digest.js';

type OwnerRow = KeyOwner & { readonly digest: Buffer };

const FIND_OWNERS = {
  name: 'license-keys.find-owners',
  text: `SELECT asked.digest, owner.tenant_id AS "tenantId", owner.license_id AS "licenseId"
         FROM unnest($1::bytea[]) AS asked (digest) ${KEY_OWNER_SQL}`,
};

@QueryHandler(FindLicenseByKeyQuery)
export class FindLicenseByKeyHandler implements IQueryHandler<FindLicenseByKeyQuery> {
  private readonly owners = coalesceReads<Buffer, OwnerRow>(
    (digest) => digest.toString('latin1'),
    ({ digest }) => digest,
    (digests) => this.unitOfWork.queryStandalone<OwnerRow>({ ...FIND_OWNERS, values: [digests] }),
  );

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly secrets: Secrets,
  ) {}

  async execute({ licenseKey }: FindLicenseByKeyQuery) {
    return (await this.owners.add(licenseKeyDigest(this.secrets, licenseKey))) ?? undefined;
  }
}
