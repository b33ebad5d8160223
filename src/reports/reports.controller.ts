import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { DescribeList, DescribeRead } from '../shared/http/api.decorators.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import { GetOverviewQuery } from './queries/get-overview.query.js';
import { GetExpirationsQuery } from './queries/get-expirations.query.js';
import { GetActivityQuery } from './queries/get-activity.query.js';
import { GetUtilisationQuery } from './queries/get-utilisation.query.js';
import { GetPeaksQuery } from './queries/get-peaks.query.js';
import { GetDenialsQuery } from './queries/get-denials.query.js';
import { GetComplianceQuery } from './queries/get-compliance.query.js';
import { ReportOf } from './report-of.decorator.js';
import {
  ActivityRequest,
  ComplianceRequest,
  DenialsRequest,
  ExpirationsRequest,
  OverviewRequest,
  PeaksRequest,
  UtilisationRequest,
} from './report.requests.js';
import {
  ActivityReport,
  ComplianceReport,
  DenialsReport,
  ExpirationsReport,
  OverviewReport,
  PeaksReport,
  UtilisationReport,
} from './report.response.js';

@ApiTags('Reports')
@Controller('v1/reports')
export class ReportsController {
  constructor(private readonly queries: QueryBus) {}

  @Get('overview')
  @RequirePermission('reports:read')
  @DescribeRead({
    operationId: 'getOverviewReport',
    summary: 'Count licenses by status',
    description: 'By product or template, with totals.',
  })
  @ReportOf(OverviewReport)
  overview(@CurrentActor() actor: Actor, @Query({ schema: OverviewRequest }) query: OverviewRequest) {
    return this.queries.execute(new GetOverviewQuery(actor, query));
  }

  @Get('expirations')
  @RequirePermission('reports:read')
  @DescribeRead({ operationId: 'getExpirationsReport', summary: 'Count expiring licenses by day' })
  @ReportOf(ExpirationsReport)
  expirations(@CurrentActor() actor: Actor, @Query({ schema: ExpirationsRequest }) query: ExpirationsRequest) {
    return this.queries.execute(new GetExpirationsQuery(actor, query));
  }

  @Get('activity')
  @RequirePermission('reports:read')
  @DescribeRead({
    operationId: 'getActivityReport',
    summary: 'Count changes of licenses by day',
    description: 'At most 366 days.',
  })
  @ReportOf(ActivityReport)
  activity(@CurrentActor() actor: Actor, @Query({ schema: ActivityRequest }) query: ActivityRequest) {
    return this.queries.execute(new GetActivityQuery(actor, query));
  }

  @Get('utilisation')
  @RequirePermission('reports:read')
  @DescribeRead({
    operationId: 'getUtilisationReport',
    summary: 'Count seats and list full licenses',
    description: 'Licenses in force with more than one seat, the fullest first.',
  })
  @ReportOf(UtilisationReport)
  utilisation(@CurrentActor() actor: Actor, @Query({ schema: UtilisationRequest }) query: UtilisationRequest) {
    return this.queries.execute(new GetUtilisationQuery(actor, query));
  }

  @Get('peaks')
  @RequirePermission('reports:read')
  @DescribeRead({
    operationId: 'getPeaksReport',
    summary: 'List the most seats in use by day',
    description: 'Of one license, or of the licenses with the highest peaks. Seats that stay in use count on each day.',
  })
  @ReportOf(PeaksReport)
  peaks(@CurrentActor() actor: Actor, @Query({ schema: PeaksRequest }) query: PeaksRequest) {
    return this.queries.execute(new GetPeaksQuery(actor, query));
  }

  @Get('denials')
  @RequirePermission('reports:read')
  @DescribeRead({
    operationId: 'getDenialsReport',
    summary: 'Count refused activations and failed validations',
    description:
      'By code and day, or by code and product. A process that is killed loses the validations of its last 10 seconds.',
  })
  @ReportOf(DenialsReport)
  denials(@CurrentActor() actor: Actor, @Query({ schema: DenialsRequest }) query: DenialsRequest) {
    return this.queries.execute(new GetDenialsQuery(actor, query));
  }

  @Get('compliance')
  @RequirePermission('reports:read')
  @DescribeList({
    operationId: 'getComplianceReport',
    summary: 'List licenses used beyond their terms',
    description: 'Over-used licenses; expired ones whose programs still validate; ended ones whose devices hold seats.',
  })
  @ListOf(ComplianceReport)
  compliance(@CurrentActor() actor: Actor, @Query({ schema: ComplianceRequest }) query: ComplianceRequest) {
    return this.queries.execute(new GetComplianceQuery(actor, query));
  }
}
