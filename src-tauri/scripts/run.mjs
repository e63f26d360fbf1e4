// Runs programs and steps, and says how long each step took.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the repository, and its Rust workspace. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const workspace = join(root, 'src-tauri');

/** A problem that a person can act on: shown as a sentence, without a stack. */
export class Stop extends Error {}

/** Runs a program in sight of the person; rejects with a sentence when it fails. */
export function run(program, args, { cwd = root, env = {}, input = 'inherit' } = {}) {
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: [input, 'inherit', 'inherit'],
    });
    child.on('error', (error) => fail(new Stop(`${program} could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) done();
      else
        fail(
          Object.assign(new Stop(`\`${[program, ...args].join(' ')}\` ended with ${signal ?? `code ${code}`}.`), {
            code,
          }),
        );
    });
  });
}

/** What a program prints, or null when it cannot be started or fails. */
export function ask(program, args) {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return status === 0 ? stdout : null;
}

/** Whether a program is on the search path. */
export function has(program) {
  return (process.env.PATH ?? '').split(':').some((folder) => folder && existsSync(join(folder, program)));
}

/** Runs cargo in the workspace; on a build server the lock file is law. */
export function cargo(command, ...args) {
  return run('cargo', [command, ...(process.env.CI ? ['--locked'] : []), ...args], { cwd: workspace });
}

/** Runs one of the repository's own tools. */
export function xtask(...args) {
  return cargo('run', '--quiet', '--package', 'xtask', '--', ...args);
}

/** Runs a program of an npm package. */
export function npx(program, ...args) {
  return run(join(root, 'node_modules/.bin', program), args);
}

/**
 * Runs steps of `{ name, title, run, needed, closing }` in order, each under a heading. A failure ends the run when the
 * step is `needed` by later ones; the others are all run, so that one report names everything. A `closing` step's own
 * last lines are left as the last ones.
 */
export async function steps(list) {
  const failures = [];
  for (const [index, step] of list.entries()) {
    console.log(`\n== ${index + 1}/${list.length} ${step.title}`);
    const begin = performance.now();
    try {
      await step.run();
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      failures.push(`${step.title}: ${error.message}`);
      console.error(error.message);
      if (step.needed) break;
    }
    if (!step.closing) console.log(`-- ${step.title}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  }
  if (failures.length > 0) throw new Stop(`\nFailed:\n  ${failures.join('\n  ')}`);
}

/** A digest of the contents of files and folders. */
export function fingerprint(paths) {
  const hash = createHash('sha256');
  const add = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) add(join(path, name));
    } else {
      hash.update(`${path}\0`).update(readFileSync(full)).update('\0');
    }
  };
  paths.forEach(add);
  return hash.digest('hex');
}

/** Runs a script's main function: a Stop becomes its sentence and exit code 1. */
export async function main(body) {
  try {
    await body(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
