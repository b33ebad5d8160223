import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../time/clock.js';
import { sendProblem } from './problem.js';
import { retryAfterOf, toProblem } from './to-problem.js';

/** Turns every error into an application/problem+json response. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly clock: Clock) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    if (hasLeft(reply, thrown)) return;
    const answer = toProblem(thrown, http.getRequest<FastifyRequest>().id, this.clock.now());
    if (reply.sent) return;
    sendProblem(reply, answer, retryAfterOf(thrown, answer.status));
  }
}

/** Tells whether the error is only that the client closed its connection before it had the answer. */
function hasLeft({ raw }: FastifyReply, thrown: unknown): boolean {
  return raw.destroyed && (thrown as { code?: unknown } | null)?.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
