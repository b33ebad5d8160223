import { Module } from '@nestjs/common';
import { ClientController } from './client.controller.js';
import { ActivateClientHandler } from './commands/activate-client.handler.js';
import { CheckOutClientHandler } from './commands/check-out-client.handler.js';

@Module({
  controllers: [ClientController],
  providers: [ActivateClientHandler, CheckOutClientHandler],
})
export class ClientApiModule {}
