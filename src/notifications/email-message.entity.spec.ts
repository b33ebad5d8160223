import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Actor } from '../shared/access/actor.js';
import { Secrets } from '../shared/secrets/secrets.js';
import { EmailMessage } from './email-message.entity.js';

const NOW = new Date('2026-11-29T12:00:00.000Z');
const secrets = new Secrets([randomBytes(32)], randomBytes(32));
const content = {
  to: 'partner@example.com',
  isExplicit: true,
  language: 'en',
  variables: { partner_name: 'Partner' },
};

function welcome(actor = Actor.service('workflow', 'acme'), invitationId: string | null = null): EmailMessage {
  const about = {
    licenseId: null,
    customerId: null,
    partnerId: 'p',
    orderId: null,
    invitationId,
    resendOf: null,
    milestone: null,
  };
  return EmailMessage.create(actor, undefined, { template: 'partner_welcome', ...about, content }, secrets, null, NOW);
}

describe('an e-mail message', () => {
  it('keeps its recipient and content sealed', () => {
    const message = welcome();
    expect(message.contentSealed?.toString('latin1')).not.toContain('partner@example.com');
    expect(message.openContent(secrets)).toEqual(content);
  });

  it('has a Message-ID for each attempt with another code of an invitation', () => {
    const message = welcome(undefined, 'invitation');
    expect(message.beginAttempt('a@vendor.example', NOW)).toBe(`<${message.emailMessageId}.1@vendor.example>`);
    expect(message.beginAttempt('a@vendor.example', NOW)).toBe(`<${message.emailMessageId}.2@vendor.example>`);
  });

  it('has one Message-ID, in the domain of its first sender, over all attempts', () => {
    const message = welcome();
    const first = message.beginAttempt('a@vendor.example', NOW);
    expect(first).toBe(`<${message.emailMessageId}@vendor.example>`);
    expect(message.beginAttempt('b@other.example', NOW)).toBe(first);
    expect(message.attemptCount).toBe(2);
  });

  it('may reveal a license key only if who asked for it may', () => {
    expect(welcome().requester.may('licenses:reveal-key')).toBe(true);
    const sender = new Actor('acme', { type: 'api_key', id: 'k', via: 'rest' }, new Set(['emails:send'] as const));
    expect(welcome(sender).requester.may('licenses:reveal-key')).toBe(false);
    expect(welcome(sender).requester.subject).toEqual(sender.subject);
  });

  it('is cancelled only while no attempt runs', () => {
    const message = welcome();
    Object.assign(message, { leaseId: 'lease', nextAttemptAt: new Date(NOW.getTime() + 1_000) });
    expect(() => {
      message.cancel(NOW);
    }).toThrow('is not allowed');
    // The lease has ended: its process died.
    message.cancel(new Date(NOW.getTime() + 1_000));
    expect(message.status).toBe('CANCELLED');
  });
});
