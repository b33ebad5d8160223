import { z } from 'zod';
import { ActionReason } from '../shared/http/action-reason.js';
import { pageParameters, SearchPrefix } from '../shared/http/paging.js';
import { FlagParameter, ResourceId, text } from '../shared/http/schema.js';
import { FreeFormInput } from '../shared/free-form.js';

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
  .strictObject({ ...fields, reason: ActionReason })
  .partial()
  .meta({
    id: 'UpdateProductRequest',
    examples: [{ description: 'For providers with up to 5,000 lines', active: true }],
  });
export type UpdateProductRequest = z.infer<typeof UpdateProductRequest>;
/** Fields that a request changes. */
export type ProductPatch = Omit<UpdateProductRequest, 'reason'>;

export const ListProductsRequest = z.strictObject({
  ...pageParameters,
  active: FlagParameter.optional(),
  q: SearchPrefix.optional(),
});
export type ListProductsRequest = z.infer<typeof ListProductsRequest>;
