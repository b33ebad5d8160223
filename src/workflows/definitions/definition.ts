import type { z } from 'zod';
import type { TenantPermission } from '../../shared/access/permissions.js';

/** Signal that a run can wait for. */
export interface SignalDefinition {
  /** Permission of who may send it, besides `workflows:signal`. */
  readonly permission?: TenantPermission;
  readonly data: z.ZodType<Readonly<Record<string, unknown>>>;
}

/** Person whom a run is about, by whom an erasure finds the run: named by the input, or by what the input names. */
export interface RunSubject {
  readonly customerId?: string | undefined;
  readonly email?: string | undefined;
  /** Quote or subscription of the customer, whom the first step of the run returns. */
  readonly quoteId?: string | undefined;
  readonly subscriptionId?: string | undefined;
}

/** Facts of a workflow that the server needs besides its body. */
export interface WorkflowDefinition<Input> {
  readonly name: string;
  readonly input: z.ZodType<Input>;
  /** Permissions of the steps, also of those that undo. Who starts a run must have them all: nobody gains a right through a workflow. */
  readonly requires: readonly TenantPermission[];
  /** Permissions of the steps that only runs take whose input has a member, by the member. Who starts such a run must have them, too. */
  readonly requiresWith?: { readonly [Member in keyof Input]?: readonly TenantPermission[] };
  readonly signals: Readonly<Record<string, SignalDefinition>>;
  subjectOf(input: Input): RunSubject;
}

/** Definition of any workflow. Its input is unknown until `input` has validated it. */
export type AnyDefinition = Omit<WorkflowDefinition<never>, 'input' | 'requiresWith' | 'subjectOf'> & {
  readonly input: z.ZodType;
  readonly requiresWith: Readonly<Record<string, readonly TenantPermission[]>>;
  subjectOf(input: unknown): RunSubject;
};

/** Returns a definition for the list of all, which calls it with its own input alone. */
export function define<Input>(definition: WorkflowDefinition<Input>): AnyDefinition {
  const requiresWith: AnyDefinition['requiresWith'] = { ...definition.requiresWith };
  return { ...definition, requiresWith, subjectOf: (input) => definition.subjectOf(input as Input) };
}

/** Returns the permissions of the steps of a run with this validated input; without one, those of any run. */
export function permissionsOf({ requires, requiresWith }: AnyDefinition, input?: object): readonly TenantPermission[] {
  const given = new Map(Object.entries(input ?? requiresWith));
  const more = Object.entries(requiresWith).filter(([member]) => given.get(member) !== undefined);
  return [...requires, ...more.flatMap(([, permissions]) => permissions)];
}
