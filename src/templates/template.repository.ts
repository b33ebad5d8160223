import { Injectable } from '@nestjs/common';
import { violates } from '../database/sql-errors.js';
import { ProductNotFoundError } from '../products/index.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { coalesceReads } from '../shared/async/coalesce-reads.js';
import { TenantScopedRepository, type RowKey } from '../shared/persistence/tenant-scoped.repository.js';
import { rowKeyString } from '../shared/tenant-id.js';
import { TemplateExistsError, TemplateNameTakenError } from './template.errors.js';
import { Template } from './template.entity.js';

/** A template with the properties of its product that an issue depends on. */
export interface IssuableTemplate {
  readonly template: Template;
  readonly productActive: boolean;
}

type IssuableRow = Template & { productActive: boolean };

@Injectable()
export class TemplateRepository extends TenantScopedRepository<Template> {
  private readonly issuable = coalesceReads<RowKey, IssuableTemplate>(
    ({ tenantId, id }) => rowKeyString(tenantId, id),
    ({ template }) => ({ tenantId: template.tenantId, id: template.templateId }),
    async (keys) => this.toIssuable(await this.unitOfWork.queryStandalone<IssuableRow>(this.issuableStatement(keys))),
  );

  private readonly issuableStatement = this.selectByKeys(
    'templates.find-issuable',
    `${this.columns('item')}, product.active AS "productActive"
     FROM license_templates item JOIN billing_products product USING (tenant_id, product_id)`,
  );

  constructor(unitOfWork: UnitOfWork) {
    super(Template, 'templateId', unitOfWork);
  }

  /** Throws TemplateExistsError, TemplateNameTakenError, ProductNotFoundError. */
  override async insert(template: Template): Promise<void> {
    await super.insert(template).catch((error: unknown) => {
      if (violates(error, 'license_templates_pkey')) throw new TemplateExistsError(template.templateId);
      if (violates(error, 'license_templates_product')) throw new ProductNotFoundError(template.productId);
      throw nameTaken(template, error);
    });
  }

  /** Throws TemplateNameTakenError. */
  override async update(template: Template): Promise<void> {
    await super.update(template).catch((error: unknown) => {
      throw nameTaken(template, error);
    });
  }

  /**
   * Finds templates with the active flag of their product. The only access to the product's table, so that an issue reads both in one
   * statement.
   */
  async findIssuable(tenantId: string, templateIds: readonly string[]): Promise<IssuableTemplate[]> {
    const keys = templateIds.map((id) => ({ tenantId, id }));
    if (!this.unitOfWork.isOpen) {
      const found = await Promise.all(keys.map((key) => this.issuable.add(key)));
      return found.filter((template) => template !== null);
    }
    return this.unitOfWork.read(tenantId, async (transaction) =>
      this.toIssuable(await transaction.query<IssuableRow>(this.issuableStatement(keys))),
    );
  }

  private toIssuable(rows: readonly IssuableRow[]): IssuableTemplate[] {
    return rows.map(({ productActive, ...row }) => ({ template: this.toEntity(row), productActive }));
  }
}

function nameTaken(template: Template, error: unknown): unknown {
  return violates(error, 'license_templates_name') ? new TemplateNameTakenError(template.templateName) : error;
}
