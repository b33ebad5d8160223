import { describe, expect, it } from '@jest/globals';
import type { IdempotencyClaim } from '../../shared/persistence/idempotency.js';
import { Actor } from '../../shared/access/actor.js';
import { IssueLicenseCommand } from './issue-license.command.js';
import { IssueQueue, MAX_GROUP_SIZE, pendingIssuesOf } from './issue-queue.js';
import type { IssueGroup, PendingIssue } from './pending-issue.js';

function pendingIssue(tenantId: string, name = 'x', claim?: IdempotencyClaim): PendingIssue {
  const request = { license_template_id: 't', customer_id: 'c', issued_to: name };
  const command = new IssueLicenseCommand(Actor.service('test', tenantId), request);
  return { command, claim, followers: [], resolve: () => undefined, reject: () => undefined };
}

const prepared = {} as NonNullable<PendingIssue['prepared']>;

const names = (group: IssueGroup) =>
  pendingIssuesOf(group).map(({ command }) => `${command.actor.tenantId} ${command.request.issued_to ?? ''}`);

describe('the queue of issue requests', () => {
  it('gives what is there, as it came', () => {
    const queue = new IssueQueue();
    for (const name of ['1', '2', '3']) queue.add(pendingIssue('a', name));
    expect(names(queue.nextGroup())).toEqual(['a 1', 'a 2', 'a 3']);
    expect(queue.nextGroup().size).toBe(0);
  });

  it('lets no group of a tenant overtake the one before', () => {
    const queue = new IssueQueue();
    queue.add(pendingIssue('a', '1'));
    const first = queue.nextGroup();
    queue.add(pendingIssue('a', '2'));
    queue.add(pendingIssue('b', '1'));
    expect(names(queue.nextGroup())).toEqual(['b 1']);
    queue.finish(first);
    expect(names(queue.nextGroup())).toEqual(['a 2']);
  });

  const full = (queue: IssueQueue, tenantId: string) => {
    const requests = Array.from({ length: MAX_GROUP_SIZE }, (_, at) => ({
      ...pendingIssue(tenantId, String(at)),
      prepared,
    }));
    for (const request of requests) queue.add(request);
    return requests;
  };

  it('gives what may go behind a group, as it came, once that is a full one and the licenses of both are made', () => {
    const queue = new IssueQueue();
    const first = pendingIssue('a', 'first');
    queue.add(first);
    const group = queue.nextGroup();
    const requests = full(queue, 'a');
    queue.add(pendingIssue('a', 'more'));
    expect(queue.nextPipelinedGroup(group).size).toBe(0);
    first.prepared = prepared;
    expect(queue.nextPipelinedGroup(group).size).toBe(0);
    for (const request of queue.unprepared('a')) request.prepared = prepared;
    const behind = queue.nextPipelinedGroup(group);
    expect(pendingIssuesOf(behind)).toEqual(requests);
    expect(queue.nextPipelinedGroup(behind).size).toBe(0);
    queue.finish(group);
    expect(queue.nextGroup().size).toBe(0);
    queue.finish(behind);
    expect(names(queue.nextGroup())).toEqual(['a more']);
  });

  it('puts behind a group neither requests of other tenants nor any while those wait', () => {
    const queue = new IssueQueue();
    queue.add({ ...pendingIssue('a'), prepared });
    const group = queue.nextGroup();
    const requests = full(queue, 'a');
    queue.add({ ...pendingIssue('b'), prepared });
    expect(queue.nextPipelinedGroup(group).size).toBe(0);
    const other = queue.nextGroup();
    expect(names(other)).toEqual(['b x']);
    expect(queue.nextPipelinedGroup(other).size).toBe(0);
    expect(pendingIssuesOf(queue.nextPipelinedGroup(group))).toEqual(requests);
  });

  it('bounds a group, and gives a small tenant its share beside a huge one', () => {
    const queue = new IssueQueue();
    for (let i = 0; i < 1_000; i++) queue.add(pendingIssue('huge', String(i)));
    queue.add(pendingIssue('small', '1'));
    const group = queue.nextGroup();
    expect(names(group).length).toBeLessThanOrEqual(MAX_GROUP_SIZE);
    expect(names(group)).toContain('small 1');
    expect(names(group)[0]).toBe('huge 0');
  });

  it('serves every tenant in turn when there are more than a group holds', () => {
    const queue = new IssueQueue();
    for (let round = 0; round < 2; round++) {
      for (let at = 0; at < 150; at++) queue.add(pendingIssue(`t${at}`, String(round)));
    }
    const served: string[] = [];
    for (let group = queue.nextGroup(); group.size > 0; group = queue.nextGroup()) {
      served.push(...names(group));
      queue.finish(group);
    }
    expect(served).toHaveLength(300);
    const secondRound = served.findIndex((name) => name.endsWith(' 1'));
    expect(new Set(served.slice(0, secondRound)).size).toBeGreaterThanOrEqual(100);
  });

  it('tells which requests at the end of a tenant have no license yet', () => {
    const queue = new IssueQueue();
    const [first, second, third] = [pendingIssue('a', '1'), pendingIssue('a', '2'), pendingIssue('a', '3')];
    for (const request of [first, second, third, pendingIssue('b', '1')]) queue.add(request);
    expect(queue.unprepared('a')).toEqual([first, second, third]);
    first.prepared = prepared;
    expect(queue.unprepared('a')).toEqual([second, third]);
    third.prepared = prepared;
    expect([queue.unprepared('a'), queue.unprepared('c')]).toEqual([[], []]);
  });

  it('tells of none while requests that came before them are on their way without a license', () => {
    const queue = new IssueQueue();
    const [first, second] = [pendingIssue('a', '1'), pendingIssue('a', '2')];
    queue.add(first);
    const group = queue.nextGroup();
    queue.add(second);
    expect(queue.unprepared('a')).toEqual([]);
    first.prepared = prepared;
    expect(queue.unprepared('a')).toEqual([second]);
    first.prepared = undefined;
    queue.finish(group);
    expect(queue.unprepared('a')).toEqual([second]);
  });

  it('lets one request hold an idempotency key, and the others follow it', () => {
    const queue = new IssueQueue();
    const claim = { tenantId: 'a', keyDigest: 'k', requestDigest: 'r', legacyDigest: () => undefined };
    const [leader, follower, later] = [
      pendingIssue('a', '1', claim),
      pendingIssue('a', '2', claim),
      pendingIssue('a', '3', claim),
    ];
    queue.add(leader);
    queue.add(follower);
    const group = queue.nextGroup();
    expect(pendingIssuesOf(group)).toEqual([leader]);
    expect(leader.followers).toEqual([follower]);
    queue.releaseKey(leader);
    queue.finish(group);
    queue.add(later);
    expect(pendingIssuesOf(queue.nextGroup())).toEqual([later]);
  });
});
