import { Injectable } from '@nestjs/common';

/** The only source of "now". Milliseconds, as the database keeps them. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }
}
