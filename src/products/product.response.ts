import { z } from 'zod';
import { FreeForm } from '../shared/free-form.js';
import { UtcTime } from '../shared/http/schema.js';
import { pageOf } from '../shared/http/paging.js';
import type { Product } from './product.entity.js';

export const ProductResponse = z
  .object({
    product_id: z.string(),
    tenant_id: z.string(),
    name: z.string(),
    sku: z.string().nullable(),
    description: z.string().nullable(),
    active: z.boolean(),
    metadata: FreeForm,
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'Product' });
export type ProductResponse = z.infer<typeof ProductResponse>;

export const ProductPage = pageOf(ProductResponse).meta({ id: 'ProductPage' });
export type ProductPage = z.infer<typeof ProductPage>;

export function toProductResponse(product: Product): ProductResponse {
  return {
    product_id: product.productId,
    tenant_id: product.tenantId,
    name: product.name,
    sku: product.sku,
    description: product.description,
    active: product.active,
    metadata: product.metadata,
    version: product.version,
    created_at: product.createdAt.toISOString(),
    updated_at: product.updatedAt.toISOString(),
  };
}
