import { Injectable } from '@nestjs/common';
import { violates } from '../database/sql-errors.js';
import { ProductNotFoundError } from '../products/index.js';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import { TenantRepository } from '../shared/tenancy/tenant.repository.js';
import { TemplateExistsError, TemplateNameTakenError } from './template.errors.js';
import { Template } from './template.entity.js';

/** A template together with what its product says about issuing. */
export interface IssuableTemplate {
  readonly template: Template;
  readonly productActive: boolean;
}

@Injectable()
export class TemplateRepository extends TenantRepository<Template> {
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
   * Templates to issue from, each with whether its product is active: the one place that looks into the product's table,
   * so that issuing reads both in one statement.
   */
  findIssuable(tenantId: string, templateIds: readonly string[]): Promise<IssuableTemplate[]> {
    return this.unitOfWork.run(tenantId, async (transaction) => {
      const rows = await transaction.query<Template & { productActive: boolean }>({
        name: 'templates.find-issuable',
        text: `SELECT ${this.columns('item')}, product.active AS "productActive"
               FROM license_templates item
               JOIN billing_products product USING (tenant_id, product_id)
               WHERE item.tenant_id = $1 AND item.template_id = ANY($2)`,
        values: [tenantId, templateIds],
      });
      return rows.map(({ productActive, ...row }) => ({ template: this.toEntity(row), productActive }));
    });
  }
}

function nameTaken(template: Template, error: unknown): unknown {
  return violates(error, 'license_templates_name') ? new TemplateNameTakenError(template.templateName) : error;
}
