// The window's packages and its build, each done again only when what it is made from has changed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, npx, root, run, Stop } from './run.mjs';

const stamps = join(root, 'node_modules');

/** Does `work` unless it was done for the same inputs before. */
async function once(name, inputs, product, work) {
  const stamp = join(stamps, `.claudometer-${name}`);
  const now = fingerprint(inputs);
  if (existsSync(join(root, product)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) {
    console.log('Nothing has changed since last time.');
    return;
  }
  await work();
  writeFileSync(stamp, now);
}

/** Installs the npm packages exactly as locked. */
export function installModules() {
  if (!existsSync(join(root, 'package-lock.json')))
    throw new Stop('package-lock.json is missing: restore it with `git checkout package-lock.json`.');
  return once('modules', ['package-lock.json'], 'node_modules/.package-lock.json', () =>
    run('npm', ['ci', '--no-audit', '--no-fund']),
  );
}

/** Builds the window into dist/. A page built again would make cargo link the whole window again. */
export function buildPages() {
  const inputs = ['src', 'index.html', 'vite.config.ts', 'tsconfig.json', 'package-lock.json'];
  return once('pages', inputs, 'dist/index.html', () => npx('vite', 'build'));
}
