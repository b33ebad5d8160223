import { NotFoundException } from '@nestjs/common';

export class CustomerNoteNotFoundError extends NotFoundException {
  constructor(noteId: string) {
    super(`The customer has no note ${noteId}.`, { errorCode: 'CUSTOMER_NOTE_NOT_FOUND' });
  }
}
