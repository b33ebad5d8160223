import { Injectable } from '@nestjs/common';
import { DatabaseClock } from './database-clock.js';

/** The only source of "now": the database's time, since another process may compare with it. In milliseconds, as the database keeps them. */
@Injectable()
export class Clock {
  constructor(private readonly database: DatabaseClock) {}

  now(): Date {
    return this.database.now();
  }
}
