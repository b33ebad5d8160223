import { describe, expect, it } from '@jest/globals';
import { maskedName } from './masked-name.js';

describe('the masked name of a device', () => {
  it.each([
    ['Front desk', 'Fr… de…'],
    ['DESKTOP-7Q2K', 'DE… 7Q…'],
    ['anna.laptop.example.com', 'an… la… ex… co…'],
    ['PC', 'P…'],
    ['x', '…'],
    ['😀😀😀', '😀😀…'],
    ['one two three four five', 'on… tw… th… fo…'],
    [' - ', null],
    [null, null],
  ])('of %j is %j', (name, masked) => {
    expect(maskedName(name)).toBe(masked);
  });
});
