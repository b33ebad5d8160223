import { randomBytes } from '../../shared/random.js';
import { Injectable } from '@nestjs/common';

/** Where license keys come from: the operating system's generator. Tests give another to see what a collision does. */
@Injectable()
export class RandomSource {
  bytes(count: number): Buffer {
    return randomBytes(count);
  }
}
