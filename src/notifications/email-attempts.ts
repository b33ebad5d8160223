import { Injectable } from '@nestjs/common';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { newId } from '../shared/random.js';
import { Secrets } from '../shared/secrets/secrets.js';
import type { EmailMessage } from './email-message.entity.js';
import type { AttemptOutcome } from './email-message-status.js';
import type { EmailAttempt } from './email-message.response.js';
import { emailAttemptSealContext } from './seal-contexts.js';

/** Attempts of a message that are listed. */
const MAX_LISTED = 100;

/** Answer to an attempt. `text` may name the recipient, so it is stored sealed. */
export interface RelayAnswer {
  readonly outcome: AttemptOutcome;
  readonly code: number | null;
  readonly text: string;
}

interface AttemptRow {
  readonly attempt_id: string;
  readonly number: number;
  readonly outcome: AttemptOutcome | null;
  readonly response_code: number | null;
  readonly response_sealed: Buffer | null;
  readonly started_at: Date;
  readonly ended_at: Date | null;
}

/** Attempts to send messages, with the answers of the relay. */
@Injectable()
export class EmailAttempts {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly secrets: Secrets,
  ) {}

  /** Begins the attempt `message.attemptCount`, and marks attempts of processes that ended. Returns its id. */
  begin(transaction: Transaction, { tenantId, emailMessageId, attemptCount }: EmailMessage, now: Date): string {
    const attemptId = newId();
    transaction.write({
      name: 'email-attempts.interrupt',
      text: `UPDATE email_attempts SET outcome = 'UNKNOWN', ended_at = $3
             WHERE tenant_id = $1 AND email_message_id = $2 AND outcome IS NULL`,
      values: [tenantId, emailMessageId, now],
    });
    transaction.write({
      name: 'email-attempts.begin',
      text: `INSERT INTO email_attempts (tenant_id, attempt_id, email_message_id, number, started_at) VALUES ($1, $2, $3, $4, $5)`,
      values: [tenantId, attemptId, emailMessageId, attemptCount, now],
    });
    return attemptId;
  }

  end(transaction: Transaction, attemptId: string, { outcome, code, text }: RelayAnswer, now: Date): void {
    const { tenantId } = transaction;
    transaction.write({
      name: 'email-attempts.end',
      text: `UPDATE email_attempts SET outcome = $3, response_code = $4, response_sealed = $5, ended_at = $6
             WHERE tenant_id = $1 AND attempt_id = $2`,
      values: [
        tenantId,
        attemptId,
        outcome,
        code,
        this.secrets.seal(text, emailAttemptSealContext(tenantId, attemptId)),
        now,
      ],
    });
  }

  /** Returns the last attempts of a message, in their order. */
  async list(tenantId: string, emailMessageId: string): Promise<EmailAttempt[]> {
    const rows = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<AttemptRow>({
        name: 'email-attempts.list',
        text: `SELECT attempt_id, number, outcome, response_code, response_sealed, started_at, ended_at FROM email_attempts
               WHERE tenant_id = $1 AND email_message_id = $2 ORDER BY number DESC LIMIT ${MAX_LISTED}`,
        values: [tenantId, emailMessageId],
      }),
    );
    return rows.toReversed().map((row) => ({
      number: row.number,
      outcome: row.outcome,
      response_code: row.response_code,
      response:
        row.response_sealed &&
        this.secrets.unseal(row.response_sealed, emailAttemptSealContext(tenantId, row.attempt_id)),
      started_at: row.started_at.toISOString(),
      ended_at: row.ended_at?.toISOString() ?? null,
    }));
  }
}
