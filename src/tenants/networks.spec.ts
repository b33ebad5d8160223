import { describe, expect, it } from '@jest/globals';
import { areWithin, Cidr, networkFilter } from './networks.js';

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

  it.each([
    [[], [], true],
    [['10.0.0.0/8'], [], true],
    [[], ['10.0.0.0/8'], false],
    [[], ['0.0.0.0/0', '::/0'], false],
    [['10.1.0.0/16', '10.2.0.0/24'], ['10.0.0.0/8'], true],
    [['10.0.0.0/8'], ['10.0.0.0/8'], true],
    [['10.0.0.0/7'], ['10.0.0.0/8'], false],
    [['10.1.0.0/16', '192.0.2.0/24'], ['10.0.0.0/8'], false],
    [['10.1.0.0/16', '192.0.2.0/24'], ['10.0.0.0/8', '192.0.0.0/16'], true],
    [['2001:db8:1::/48'], ['2001:db8::/32'], true],
    [['2001:db8::/31'], ['2001:db8::/32'], false],
    [['::1/128'], ['0.0.0.0/0'], false],
    [['::ffff:10.1.2.0/120'], ['10.0.0.0/8'], true],
    [['10.1.2.0/24'], ['::ffff:10.0.0.0/104'], true],
    [['0.0.0.0/0'], ['::ffff:0:0/96'], true],
    [['::/0'], ['0.0.0.0/0'], false],
  ])('%j lie within %j: %s', (ranges, outer, within) => {
    expect(areWithin(ranges, outer)).toBe(within);
  });

  it('that lie within others let nothing in that those do not', () => {
    const ranges = ['0.0.0.0/0', '10.0.0.0/8', '10.128.0.0/9', '10.1.2.3/32', '11.0.0.0/8', '::/0', '::ffff:0:0/96'];
    ranges.push('::ffff:10.0.0.0/104', '::ffff:10.1.2.3/128', '2001:db8::/32', '2001:db8::7/128', '::/64');
    const addresses = ['10.1.2.3', '10.200.0.1', '11.0.0.1', '192.0.2.1', '::ffff:10.1.2.3', '2001:db8::7', '::1'];
    for (const range of ranges) {
      for (const outer of ranges.filter((other) => areWithin([range], [other]))) {
        const admitted = addresses.filter(networkFilter([range]));
        expect(addresses.filter(networkFilter([outer]))).toEqual(expect.arrayContaining(admitted));
      }
    }
  });
});
