import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * Metrics recorded while the application works; the module `metrics` reads the others at scrape time. Labels never come from request
 * content, else callers could create series. The registry is not global, because a process may host several applications.
 */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  readonly requestSeconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Requests by method, route template and status, from their first byte to the last byte of the response.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });

  readonly problems = new Counter({
    name: 'imprimatur_problems_total',
    help: 'Problems by code, including refused connections and clients that disconnected.',
    labelNames: ['code'] as const,
    registers: [this.registry],
  });

  readonly commands = new Counter({
    name: 'imprimatur_commands_total',
    help: 'Commands by operation, from REST and from modules in the process, whether they succeed or fail.',
    labelNames: ['operation'] as const,
    registers: [this.registry],
  });

  readonly issueGroupSize = new Histogram({
    name: 'imprimatur_issue_group_size',
    help: 'Licenses issued per group transaction.',
    buckets: [1, 2, 5, 10, 20, 50, 100],
    registers: [this.registry],
  });

  readonly auditLagSeconds = new Histogram({
    name: 'imprimatur_audit_lag_seconds',
    help: 'Time from an event to its row in the event log.',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 3600],
    registers: [this.registry],
  });

  readonly reportLagSeconds = new Histogram({
    name: 'imprimatur_report_lag_seconds',
    help: 'Time from an event to its count in the reports, of the oldest event of each group.',
    buckets: [0.5, 1, 2, 5, 10, 30, 60, 300, 3600, 86400],
    registers: [this.registry],
  });

  readonly uncountedEvents = new Gauge({
    name: 'imprimatur_report_uncounted_events',
    help: 'Events that the reports did not count yet when this process looked last.',
    registers: [this.registry],
  });

  readonly emailAttempts = new Counter({
    name: 'imprimatur_email_attempts_total',
    help: 'Attempts to send e-mail by outcome: SENT, DEFERRED, REFUSED or UNREACHABLE.',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });

  readonly workflowRuns = new Counter({
    name: 'imprimatur_workflow_runs_total',
    help: 'Workflow runs that ended in this process, by workflow and outcome.',
    labelNames: ['workflow', 'outcome'] as const,
    registers: [this.registry],
  });

  readonly workflowStepFailures = new Counter({
    name: 'imprimatur_workflow_step_failures_total',
    help: 'Attempts of workflow steps that failed and are repeated, by workflow.',
    labelNames: ['workflow'] as const,
    registers: [this.registry],
  });

  readonly clockSteps = new Counter({
    name: 'imprimatur_clock_steps_total',
    help: 'Clock changes of more than two minutes, by clock.',
    labelNames: ['clock'] as const,
    registers: [this.registry],
  });
}
