import Runner from 'jest-runner';

/** One file after another, after those of all other projects: each starts processes that fill the machine. */
export default class SerialRunner extends Runner {
  isSerial = true;
}
