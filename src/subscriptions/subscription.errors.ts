import { ConflictException, NotFoundException } from '@nestjs/common';

export class SubscriptionNotFoundError extends NotFoundException {
  constructor(subscriptionId: string) {
    super(`There is no subscription ${subscriptionId}.`, { errorCode: 'SUBSCRIPTION_NOT_FOUND' });
  }
}

export class SubscriptionExistsError extends ConflictException {
  constructor(subscriptionId: string) {
    super(`There is already a subscription ${subscriptionId}.`, { errorCode: 'SUBSCRIPTION_EXISTS' });
  }
}

/** An event id names one event, so that a second one with its id would be lost. */
export class BillingEventConflictError extends ConflictException {
  constructor(eventId: string) {
    super(`The subscription already has another event with the id ${eventId}. Each event needs an id of its own.`, {
      errorCode: 'BILLING_EVENT_CONFLICT',
    });
  }
}

export class SubscriptionLinkedError extends ConflictException {
  constructor(subscriptionId: string, licenseId: string) {
    super(`The subscription ${subscriptionId} is linked with the license ${licenseId}. Unlink it first.`, {
      errorCode: 'SUBSCRIPTION_LINKED',
    });
  }
}

/** A license has at most one open subscription. */
export class LicenseSubscribedError extends ConflictException {
  constructor(licenseId: string, subscriptionId = '') {
    const other = subscriptionId === '' ? 'another open subscription' : `the open subscription ${subscriptionId}`;
    super(`The license ${licenseId} has ${other}. Unlink that first.`, {
      errorCode: 'LICENSE_SUBSCRIBED',
    });
  }
}

export class SubscriptionCustomerMismatchError extends ConflictException {
  constructor(licenseId: string, subscriptionId: string) {
    super(`The license ${licenseId} and the subscription ${subscriptionId} belong to different customers.`, {
      errorCode: 'SUBSCRIPTION_CUSTOMER_MISMATCH',
    });
  }
}
