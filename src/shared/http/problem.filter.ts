import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from './problem.js';
import { toProblem } from './to-problem.js';

/** Every error leaves as application/problem+json. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const answer = toProblem(thrown, http.getRequest<FastifyRequest>().id);
    if (reply.sent) return;
    const retryAfterS = (thrown as { retryAfterS?: number } | null)?.retryAfterS;
    sendProblem(reply, answer, retryAfterS ?? (answer.status === 503 ? 1 : undefined));
  }
}
