import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { PermissionDeniedError } from '../../shared/access/access.errors.js';
import type { Actor } from '../../shared/access/actor.js';
import { InvalidParameterError } from '../../shared/errors.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { definitionOf } from '../definitions/definitions.js';
import type { SignalDefinition } from '../definitions/definition.js';
import { WorkflowEngine } from '../engine/engine.js';
import { WorkflowSignaledEvent } from '../events/workflow-run.events.js';
import { WorkflowRunActions } from '../workflow-run-actions.js';
import type { WorkflowRun } from '../workflow-run.entity.js';
import { SignalWorkflowRunCommand } from './signal-workflow-run.command.js';

@CommandHandler(SignalWorkflowRunCommand)
export class SignalWorkflowRunHandler implements ICommandHandler<SignalWorkflowRunCommand> {
  constructor(
    private readonly actions: WorkflowRunActions,
    private readonly engine: WorkflowEngine,
  ) {}

  execute(command: SignalWorkflowRunCommand) {
    const { actor, signal, request } = command;
    return this.actions.run(command, async (run, now, transaction) => {
      await this.engine.assertAvailable();
      const { data } = permittedSignal(actor, run, signal);
      run.assertOpen();
      await this.engine.send(transaction, run, { name: signal, data: validated(data, request.data) });
      return new WorkflowSignaledEvent(actor, now, run, { signal });
    });
  }
}

function permittedSignal(actor: Actor, run: WorkflowRun, name: string): SignalDefinition {
  const signals = definitionOf(run.workflow)?.signals ?? {};
  const signal = Object.entries(signals).find(([known]) => known === name)?.[1];
  if (!signal) {
    const names = Object.keys(signals).join(', ');
    throw new InvalidParameterError(
      'signal',
      names === '' ? 'the workflow takes no signals' : `must be one of ${names}`,
    );
  }
  if (signal.permission && !actor.may(signal.permission)) throw new PermissionDeniedError(signal.permission);
  return signal;
}
