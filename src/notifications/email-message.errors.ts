import { ConflictException, HttpException, HttpStatus, NotFoundException } from '@nestjs/common';

export class EmailMessageNotFoundError extends NotFoundException {
  constructor(emailMessageId: string) {
    super(`There is no e-mail message ${emailMessageId}.`, { errorCode: 'EMAIL_MESSAGE_NOT_FOUND' });
  }
}

/** A message that is sent, or that ended, cannot be cancelled; one that waits cannot be sent again. */
export class EmailMessageStateError extends ConflictException {
  constructor(emailMessageId: string, action: 'cancel' | 'resend', { status }: { readonly status: string }) {
    super(`Action "${action}" is not allowed while the e-mail message ${emailMessageId} is ${status}.`, {
      errorCode: 'EMAIL_MESSAGE_STATE',
    });
  }
}

export class EmailMessageErasedError extends ConflictException {
  constructor(emailMessageId: string) {
    super(`The recipient and content of the e-mail message ${emailMessageId} were erased.`, {
      errorCode: 'EMAIL_MESSAGE_ERASED',
    });
  }
}

export class EmailRecipientMissingError extends ConflictException {
  constructor() {
    super('There is no address to send to: name `to`, or give the customer or partner an e-mail address.', {
      errorCode: 'EMAIL_RECIPIENT_MISSING',
    });
  }
}

/** The tenant has sent as many messages within the last hour as the server allows. */
export class EmailLimitReachedError extends HttpException {
  constructor(
    limit: number,
    readonly retryAfterS: number,
  ) {
    super(
      `The limit of ${limit} e-mail messages per hour is reached. Try again in ${retryAfterS} s.`,
      HttpStatus.TOO_MANY_REQUESTS,
      {
        errorCode: 'EMAIL_LIMIT_REACHED',
      },
    );
  }
}

export class EmailPartnerNotFoundError extends NotFoundException {
  constructor(partnerId: string) {
    super(`There is no partner ${partnerId}.`, { errorCode: 'EMAIL_PARTNER_NOT_FOUND' });
  }
}
