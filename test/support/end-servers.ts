import { afterAll } from '@jest/globals';
import { ServerProcess } from './server.js';

// A test that fails does not come to its end; a server that it leaves behind would keep Jest from ending.
afterAll(() => Promise.all([...ServerProcess.started].map((server) => server.cleanUp())));
