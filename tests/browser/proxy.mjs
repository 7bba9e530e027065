// A line between browser and gateway that a test can stop, cut and slow down, and that counts what crosses it.
import { connect, createServer } from 'node:net';

/** One direction of one connection: in order, late by `delay`, no faster than `rate`. */
class Way {
  constructor(line, to, count) {
    Object.assign(this, { line, to, count, queue: [], free: 0, timer: undefined });
  }

  take(bytes) {
    this.queue.push({ bytes, at: performance.now() + this.line.delay });
    this.go();
  }

  go() {
    clearTimeout(this.timer);
    while (this.queue.length && !this.line.isHeld(this.count)) {
      const { bytes, at } = this.queue[0];
      const due = Math.max(at, this.free);
      const wait = due - performance.now();
      if (wait > 1) {
        this.timer = setTimeout(() => this.go(), wait);
        return;
      }
      this.queue.shift();
      this.free = due + (Number.isFinite(this.line.rate) ? bytes.length / this.line.rate * 1000 : 0);
      this.line.bytes[this.count] += bytes.length;
      this.to.write(bytes);
    }
  }
}

/** `delay`: ms each way; `rate`: bytes a second each way. Both may be changed at any time. */
export async function startLine(target, { delay = 0, rate = Infinity } = {}) {
  const { hostname, port, protocol } = new URL(target);
  const pairs = new Set();
  const held = new Set();
  const line = {
    delay, rate,
    bytes: { up: 0, down: 0 },
    isHeld: (way) => held.has(way),
    /** Nothing crosses any more in these directions, and nobody is told. */
    hold(...ways) {
      for (const way of ways.length ? ways : ['up', 'down']) held.add(way);
    },
    resume() {
      held.clear();
      for (const { ways } of pairs) ways.forEach((way) => way.go());
    },
    /** What is under way is lost, and both ends learn it. */
    cut() {
      for (const { sockets } of pairs) sockets.forEach((socket) => socket.destroy());
    },
    async stop() {
      server.close();
      line.cut();
    },
  };
  const server = createServer((browser) => {
    const gateway = connect(Number(port), hostname);
    const sockets = [browser, gateway];
    const ways = [new Way(line, gateway, 'up'), new Way(line, browser, 'down')];
    const pair = { sockets, ways };
    pairs.add(pair);
    browser.on('data', (bytes) => ways[0].take(bytes));
    gateway.on('data', (bytes) => ways[1].take(bytes));
    for (const socket of sockets) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        pairs.delete(pair);
        sockets.forEach((each) => each.destroy());
      });
    }
  });
  server.unref(); // a test that fails before it stops its line ends all the same
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  line.page = `${protocol}//${hostname}:${server.address().port}/`;
  return line;
}
