import { z } from 'zod';
import { pageOf, pageParameters, SearchPrefix } from '../shared/http/paging.js';
import { FlagParameter, FreeForm, FreeFormInput, ResourceId, text, UtcTime } from '../shared/http/schema.js';
import type { Product } from './product.entity.js';

const fields = {
  name: text(255),
  sku: text(100).nullable(),
  description: text(4000).nullable(),
  active: z.boolean().meta({ description: 'False: archived; no license can be issued for it.' }),
  metadata: FreeFormInput,
};

export const CreateProductRequest = z
  .strictObject({
    product_id: ResourceId,
    name: fields.name,
    sku: fields.sku.default(null),
    description: fields.description.default(null),
    active: fields.active.default(true),
    metadata: fields.metadata.default({}),
  })
  .meta({
    id: 'CreateProductRequest',
    examples: [{ product_id: 'ISP-ENT-001', name: 'ISP Enterprise', sku: 'ISP-ENT' }],
  });
export type CreateProductRequest = z.infer<typeof CreateProductRequest>;

export const UpdateProductRequest = z
  .strictObject(fields)
  .partial()
  .meta({
    id: 'UpdateProductRequest',
    examples: [{ description: 'For providers with up to 5,000 lines', active: true }],
  });
export type UpdateProductRequest = z.infer<typeof UpdateProductRequest>;

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

export const ListProductsRequest = z.strictObject({
  ...pageParameters,
  active: FlagParameter.optional(),
  q: SearchPrefix.optional(),
});
export type ListProductsRequest = z.infer<typeof ListProductsRequest>;

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
