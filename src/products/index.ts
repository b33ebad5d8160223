export { CreateProductCommand } from './commands/create-product.command.js';
export { UpdateProductCommand } from './commands/update-product.command.js';
export { ProductCreatedEvent, ProductUpdatedEvent } from './events/product.events.js';
export type { CreateProductRequest, UpdateProductRequest } from './product.requests.js';
export type { ProductResponse } from './product.response.js';
export { ProductNotFoundError } from './product.errors.js';
export { ProductsModule } from './products.module.js';
export { GetProductQuery } from './queries/get-product.query.js';
export { ListProductsQuery } from './queries/list-products.query.js';
