/** URL of the application role, by which the engine opens connections of its own. */
export class EngineDatabase {
  constructor(readonly url: string) {}
}
