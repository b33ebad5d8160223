import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Change } from '../shared/persistence/change.js';
import { mergeFreeForm } from '../shared/free-form.js';
import { VersionedRow } from '../shared/persistence/versioned-row.js';
import type { CreateProductRequest, ProductPatch } from './product.requests.js';
import type { JsonObject } from '../shared/json.js';

/** A licensed product. The vendor chooses the id. */
@Entity('billing_products')
export class Product extends VersionedRow {
  @PrimaryColumn('text', { name: 'product_id' })
  productId!: string;

  @Column('text')
  name!: string;

  @Column('text', { nullable: true })
  sku!: string | null;

  @Column('text', { nullable: true })
  description!: string | null;

  @Column('boolean')
  active!: boolean;

  @Column('jsonb')
  metadata!: JsonObject;

  static create(tenantId: string, input: CreateProductRequest, now: Date): Product {
    const { product_id: productId, ...fields } = input;
    return Object.assign(new Product(), Product.newRow(tenantId, now), { productId, ...fields });
  }

  /** Returns undefined if the patch changes nothing. */
  update({ metadata, ...fields }: ProductPatch, now: Date): Change | undefined {
    const before = this.snapshot();
    Object.assign(this, fields);
    if (metadata) this.metadata = mergeFreeForm(this.metadata, metadata, '/metadata');
    return this.changedSince(before, this.snapshot(), now);
  }

  /** Returns the changeable fields, in wire names. */
  snapshot(): JsonObject {
    const { name, sku, description, active, metadata } = this;
    return { name, sku, description, active, metadata };
  }
}
