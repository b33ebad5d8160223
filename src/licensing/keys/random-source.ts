import { randomBytes } from '../../shared/random.js';
import { Injectable } from '@nestjs/common';

/** Random bytes of license keys, from the operating system. Tests replace it to force a collision. */
@Injectable()
export class RandomSource {
  bytes(count: number): Buffer {
    return randomBytes(count);
  }
}
