// A home folder of its own in which a real Claudometer runs, for tests of what was built.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Stop } from './run.mjs';

const WITHIN = 20_000;
const PAUSE = 50;

/** Waits until something is so. */
export async function until(what, isSo) {
  const end = performance.now() + WITHIN;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Stop(`${what} did not happen within ${WITHIN / 1000} s.`);
    await pause(PAUSE);
  }
}

/** Gives `body` a home folder: `run` runs a program to its end (`status` is null where it has none), `start` leaves it running, `answers` asks its socket. */
export async function inHome(env, body) {
  const folder = mkdtempSync(join(tmpdir(), 'claudometer-'));
  const socket = join(folder, 'link.sock');
  const runtime = join(folder, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const children = [];
  const options = {
    cwd: folder,
    env: {
      PATH: '/usr/bin:/bin',
      HOME: folder,
      XDG_RUNTIME_DIR: runtime,
      TZ: 'UTC',
      CLAUDOMETER_SECRETS: 'memory',
      CLAUDOMETER_SOCKET: socket,
      ...env,
    },
  };
  const home = {
    folder,
    run: (program, ...words) =>
      new Promise((ended) => {
        const child = execFile(program, words, { ...options, timeout: 120_000 }, (error, stdout, stderr) =>
          ended({ status: child.exitCode, error, stdout, stderr }),
        );
      }),
    start: (program, ...words) => {
      const child = spawn(program, words, { ...options, stdio: ['ignore', 'ignore', 'inherit'] });
      child.on('error', () => {}); // it does not answer then
      children.push(child);
      return child;
    },
    answers: () =>
      new Promise((told) => {
        const client = connect(socket);
        client.on('connect', () => told(true));
        client.on('error', () => told(false));
        client.on('connect', () => client.destroy());
      }),
  };
  try {
    return await body(home);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
