import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CreateCustomerHandler } from './commands/create-customer.handler.js';
import { ImportCustomersHandler } from './commands/import-customers.handler.js';
import { UpdateCustomerHandler } from './commands/update-customer.handler.js';
import { Customer } from './customer.entity.js';
import { CustomerRepository } from './customer.repository.js';
import { CreateCustomerNoteHandler } from './notes/create-customer-note.handler.js';
import { CustomerNote } from './notes/customer-note.entity.js';
import { CustomerNoteRepository } from './notes/customer-note.repository.js';
import { CustomerNotesController } from './notes/customer-notes.controller.js';
import { DeleteCustomerNoteHandler } from './notes/delete-customer-note.handler.js';
import { ListCustomerNotesHandler } from './notes/list-customer-notes.handler.js';
import { CustomersController } from './customers.controller.js';
import { GetCustomerNamesHandler } from './queries/get-customer-names.handler.js';
import { FindCustomerIdsHandler } from './queries/find-customer-ids.handler.js';
import { GetCustomerHandler } from './queries/get-customer.handler.js';
import { ListCustomersHandler } from './queries/list-customers.handler.js';

@Module({
  imports: [TypeOrmModule.forFeature([Customer, CustomerNote])],
  controllers: [CustomersController, CustomerNotesController],
  providers: [
    CustomerRepository,
    CustomerNoteRepository,
    CreateCustomerNoteHandler,
    DeleteCustomerNoteHandler,
    ListCustomerNotesHandler,
    CreateCustomerHandler,
    ImportCustomersHandler,
    UpdateCustomerHandler,
    GetCustomerHandler,
    FindCustomerIdsHandler,
    GetCustomerNamesHandler,
    ListCustomersHandler,
  ],
})
export class CustomersModule {}
