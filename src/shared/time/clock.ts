import { Injectable } from '@nestjs/common';
import { DatabaseClock } from './database-clock.js';

/** Only source of the current time: the database's time, since other processes compare with it. Resolution: milliseconds. */
@Injectable()
export class Clock {
  constructor(private readonly database: DatabaseClock) {}

  now(): Date {
    return this.database.now();
  }
}
