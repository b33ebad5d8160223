import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { CreatedAt, DescribeChange, DescribeList, DescribeRead, DescribeWrite } from '../shared/http/api.decorators.js';
import { ChangeOptions, WriteOptions } from '../shared/http/command-options.decorators.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import { IdParameter } from '../shared/http/schema.js';
import { CurrentActor, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { CreateProductCommand } from './commands/create-product.command.js';
import { UpdateProductCommand } from './commands/update-product.command.js';
import { CreateProductRequest, ListProductsRequest, UpdateProductRequest } from './product.requests.js';
import { GetProductQuery } from './queries/get-product.query.js';
import { ListProductsQuery } from './queries/list-products.query.js';
import { ProductPage, ProductResponse } from './product.response.js';

@ApiTags('Products')
@Controller('v1/products')
export class ProductsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @RequirePermission('products:write')
  @DescribeWrite({ operationId: 'createProduct', summary: 'Create a product' }, { 409: ['PRODUCT_EXISTS'] })
  @CreatedAt('/v1/products', 'product_id')
  @ApiCreatedResponse({ standardSchema: ProductResponse })
  create(
    @CurrentActor() actor: Actor,
    @Body({ schema: CreateProductRequest }) body: CreateProductRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CreateProductCommand(actor, body, options));
  }

  @Get()
  @RequirePermission('products:read')
  @DescribeList({ operationId: 'listProducts', summary: 'List products', description: 'Newest first.' })
  @ListOf(ProductPage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListProductsRequest }) query: ListProductsRequest) {
    return this.queries.execute(new ListProductsQuery(actor, query));
  }

  @Get(':product_id')
  @RequirePermission('products:read')
  @DescribeRead({ operationId: 'getProduct', summary: 'Get a product' }, { 404: ['PRODUCT_NOT_FOUND'] })
  @ApiOkResponse({ standardSchema: ProductResponse })
  get(@CurrentActor() actor: Actor, @Param('product_id', { schema: IdParameter }) productId: string) {
    return this.queries.execute(new GetProductQuery(actor, productId));
  }

  @Patch(':product_id')
  @RequirePermission('products:write')
  @DescribeChange(
    { operationId: 'updateProduct', summary: 'Update a product', description: 'JSON Merge Patch.' },
    { 404: ['PRODUCT_NOT_FOUND'] },
  )
  @ApiOkResponse({ standardSchema: ProductResponse })
  update(
    @CurrentActor() actor: Actor,
    @Param('product_id', { schema: IdParameter }) productId: string,
    @Body({ schema: UpdateProductRequest }) body: UpdateProductRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new UpdateProductCommand(actor, productId, body, options));
  }
}
