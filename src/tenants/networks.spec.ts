import { describe, expect, it } from '@jest/globals';
import { Cidr, networkFilter } from './networks.js';

describe('allowed networks', () => {
  it.each([
    [[], '198.51.100.7', true],
    [['203.0.113.0/24'], '203.0.113.200', true],
    [['203.0.113.0/24'], '203.0.114.1', false],
    [['203.0.113.0/24'], '::ffff:203.0.113.9', true],
    [['203.0.113.7/32', '2001:db8::/32'], '2001:db8::1', true],
    [['203.0.113.7/32', '2001:db8::/32'], '2001:db9::1', false],
    [['203.0.113.7/32'], '203.0.113.8', false],
    [['0.0.0.0/0'], '192.0.2.1', true],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['203.0.113.0/24'], 'not an address', false],
  ])('%j: %s is let in: %s', (ranges, address, admitted) => {
    expect(networkFilter(ranges)(address)).toBe(admitted);
  });

  it.each(['203.0.113.0', '203.0.113.0/33', '203.0.113/24', '::1/129', '', 'localhost/8'])('refuse %j', (range) => {
    expect(Cidr.safeParse(range).success).toBe(false);
  });
});
