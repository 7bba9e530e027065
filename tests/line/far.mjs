// The ends of a shaped line, for Node: what the line is asked to be.
import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
export const NEAR = '10.77.0.1';

/** Changes the line ({delay, rate, loss, queue, down}, as shaped_line says); its counters since the start. */
export async function shape(conditions = {}) {
  // Node has no datagram sockets of the Unix domain.
  const script = 'import sys, json; sys.path.insert(0, sys.argv[1]); from far import line; print(json.dumps(line(**json.loads(sys.argv[2]))))';
  const { stdout } = await promisify(execFile)('python3', ['-B', '-c', script, here, JSON.stringify(conditions)]);
  return JSON.parse(stdout);
}
