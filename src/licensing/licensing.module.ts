import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IssueLicenseHandler } from './commands/issue-license.handler.js';
import { RevealLicenseKeyHandler } from './commands/reveal-license-key.handler.js';
import { IssueGroups } from './issue-groups.js';
import { License } from './license.entity.js';
import { LicenseIssuer } from './license-issuer.js';
import { LicenseRepository } from './license.repository.js';
import { LicensesController } from './licenses.controller.js';
import { GetLicenseHandler } from './queries/get-license.handler.js';
import { ListLicensesHandler } from './queries/list-licenses.handler.js';
import { RandomSource } from './random-source.js';

@Module({
  imports: [TypeOrmModule.forFeature([License])],
  controllers: [LicensesController],
  providers: [
    LicenseRepository,
    LicenseIssuer,
    IssueGroups,
    RandomSource,
    IssueLicenseHandler,
    RevealLicenseKeyHandler,
    GetLicenseHandler,
    ListLicensesHandler,
  ],
})
export class LicensingModule {}
