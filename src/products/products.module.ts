import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CreateProductHandler } from './commands/create-product.handler.js';
import { UpdateProductHandler } from './commands/update-product.handler.js';
import { Product } from './product.entity.js';
import { ProductRepository } from './product.repository.js';
import { ProductsController } from './products.controller.js';
import { GetProductHandler } from './queries/get-product.handler.js';
import { ListProductsHandler } from './queries/list-products.handler.js';

@Module({
  imports: [TypeOrmModule.forFeature([Product])],
  controllers: [ProductsController],
  providers: [ProductRepository, CreateProductHandler, UpdateProductHandler, GetProductHandler, ListProductsHandler],
})
export class ProductsModule {}
