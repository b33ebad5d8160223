/** EXPIRED follows from the time for a DRAFT or SENT quote, until the timer stores it with its event. */
export const QUOTE_STATUSES = ['DRAFT', 'SENT', 'ACCEPTED', 'DECLINED', 'EXPIRED'] as const;
export type QuoteStatus = (typeof QUOTE_STATUSES)[number];

export const QUOTE_ACTIONS = ['revise', 'edit', 'send', 'accept', 'decline', 'expire'] as const;
export type QuoteAction = (typeof QUOTE_ACTIONS)[number];

/** Status after an action, by the status before it. An action without an entry is refused. */
export const QUOTE_TRANSITIONS: Readonly<Record<QuoteAction, Readonly<Partial<Record<QuoteStatus, QuoteStatus>>>>> = {
  /** Changes what was offered: customer, currency, lines. */
  revise: { DRAFT: 'DRAFT' },
  /** Changes date or metadata. */
  edit: { DRAFT: 'DRAFT', SENT: 'SENT' },
  send: { DRAFT: 'SENT' },
  accept: { SENT: 'ACCEPTED' },
  decline: { SENT: 'DECLINED' },
  expire: { EXPIRED: 'EXPIRED' },
};
