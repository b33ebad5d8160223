import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Secrets } from '../../shared/secrets/secrets.js';
import { canonicalLicenseKey } from './license-key.js';
import { FindLicenseByKeyQuery } from './find-license-by-key.query.js';

@QueryHandler(FindLicenseByKeyQuery)
export class FindLicenseByKeyHandler implements IQueryHandler<FindLicenseByKeyQuery> {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly secrets: Secrets,
  ) {}

  async execute({ licenseKey }: FindLicenseByKeyQuery) {
    const [row] = await this.dataSource.query<{ tenant_id: string; license_id: string }[]>(
      'SELECT tenant_id, license_id FROM license_keys WHERE digest = $1',
      [this.secrets.digest(canonicalLicenseKey(licenseKey))],
    );
    return row && { tenantId: row.tenant_id, licenseId: row.license_id };
  }
}
