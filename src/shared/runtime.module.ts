import { Module, type DynamicModule } from '@nestjs/common';
import { Config } from '../config.js';
import { Secrets } from './secrets/secrets.js';

/** Makes the configuration and secrets of the process injectable in every module. */
@Module({})
export class RuntimeModule {
  static forRoot(config: Config, secrets: Secrets): DynamicModule {
    return {
      module: RuntimeModule,
      global: true,
      providers: [
        { provide: Config, useValue: config },
        { provide: Secrets, useValue: secrets },
      ],
      exports: [Config, Secrets],
    };
  }
}
