import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Config, type Mailbox, type SmtpSettings } from '../../config.js';
import type { EmailTexts } from '../built-in-templates.js';
import type { RelayAnswer } from '../email-attempts.js';

/** Characters of an answer that are kept. */
const MAX_ANSWER_LENGTH = 500;
/** Codes of nodemailer for an answer to this message; all others are about the connection. */
const MESSAGE_CODES = ['EENVELOPE', 'EMESSAGE'];

export interface OutgoingEmail extends EmailTexts {
  readonly from: Mailbox;
  readonly replyTo: string | null;
  readonly to: string;
  /** Message-ID with its angle brackets. */
  readonly messageId: string;
}

interface SmtpFailure extends Error {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

/** The relay of SMTP_URL, over pooled connections. Except on loopback nothing is sent without TLS and a valid certificate. */
@Injectable()
export class SmtpRelay implements OnModuleInit, OnApplicationShutdown {
  private transport: Awaited<ReturnType<typeof openPool>> | undefined;
  /** False until the relay has answered, and after a connection failed. */
  private isReachable = false;

  constructor(private readonly config: Config) {}

  async onModuleInit(): Promise<void> {
    const { smtp, settings } = this.config;
    if (smtp) this.transport = await openPool(smtp, settings.EMAIL_CONCURRENCY, settings.EMAIL_ATTEMPT_TIMEOUT_MS);
  }

  get isConfigured(): boolean {
    return this.config.smtp !== undefined;
  }

  onApplicationShutdown(): void {
    this.transport?.close({ force: true });
  }

  /** Connects and authenticates if the last connection failed, so that no license key is revealed for a relay that is down. */
  async reach(): Promise<RelayAnswer | undefined> {
    if (this.isReachable) return undefined;
    try {
      await this.transport?.verify();
      this.isReachable = true;
      return undefined;
    } catch (error) {
      return this.toAnswer(error as SmtpFailure);
    }
  }

  /** Hands a message over. Never throws; a signal that aborts closes the connection. */
  async send(
    { from, replyTo, to, messageId, subject, text, html }: OutgoingEmail,
    signal: AbortSignal,
  ): Promise<RelayAnswer> {
    try {
      const sent = await this.transport?.sendMail({
        envelope: { from: from.address, to: [to] },
        from,
        // An object, because an address as text would be parsed as a list.
        to: { name: '', address: to },
        ...(replyTo !== null && { replyTo: { name: '', address: replyTo } }),
        messageId,
        subject,
        text,
        html,
        headers: { 'Auto-Submitted': 'auto-generated' },
        disableFileAccess: true,
        disableUrlAccess: true,
        signal,
      });
      this.isReachable = true;
      const response = sent?.response ?? '';
      return { outcome: 'SENT', code: Number(response.slice(0, 3)) || null, text: shortened(response) };
    } catch (error) {
      return this.toAnswer(error as SmtpFailure);
    }
  }

  private toAnswer({ code = '', responseCode, response, message }: SmtpFailure): RelayAnswer {
    const answer = { code: responseCode ?? null, text: shortened(response ?? message) };
    if (MESSAGE_CODES.includes(code)) {
      const isPermanent = responseCode === undefined || responseCode >= 500;
      return { ...answer, outcome: isPermanent ? 'REFUSED' : 'DEFERRED' };
    }
    this.isReachable = false;
    return { ...answer, outcome: 'UNREACHABLE' };
  }
}

/** Loads the library only where there is a relay, so that a start without one takes no longer. */
async function openPool(
  { host, port, secure, requireTls, auth }: SmtpSettings,
  maxConnections: number,
  timeoutMs: number,
) {
  const { createTransport } = await import('nodemailer');
  return createTransport({
    pool: true,
    host,
    port,
    secure,
    requireTLS: requireTls,
    // On loopback a relay needs no certificate.
    ignoreTLS: !secure && !requireTls,
    ...(auth && { auth: { ...auth } }),
    maxConnections,
    // A message whose connection was closed while it was idle goes over another one; every other repetition is an attempt that is recorded.
    maxRequeues: 1,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function shortened(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, MAX_ANSWER_LENGTH);
}
