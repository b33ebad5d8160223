import { Module } from '@nestjs/common';
import { ClientController } from './client.controller.js';
import { ActivationProofs } from './activation-proofs.js';
import { ActivateClientHandler } from './commands/activate-client.handler.js';
import { CheckOutClientHandler } from './commands/check-out-client.handler.js';
import { ReplaceClientHandler } from './commands/replace-client.handler.js';
import { SeatDenials } from './seat-denials.js';
import { ValidationModule } from '../validation/index.js';
import { GetEntitlementsHandler } from './queries/get-entitlements.handler.js';

@Module({
  imports: [ValidationModule],
  controllers: [ClientController],
  providers: [
    ActivateClientHandler,
    ActivationProofs,
    CheckOutClientHandler,
    ReplaceClientHandler,
    SeatDenials,
    GetEntitlementsHandler,
  ],
})
export class ClientApiModule {}
