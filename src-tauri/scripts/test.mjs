// npm test: sets up what the tests need and runs every test. Names of tests as arguments (window, crates, e2e, scripts,
// package) run only these.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { canInstall, testPackage } from './package-test.mjs';
import { cargo, main, npx, run, Stop, steps, workspace } from './run.mjs';
import { installPackages, requireToolchain } from './system.mjs';
import { buildPages, installModules } from './web.mjs';

// The whole workspace in every call: with fewer packages cargo would choose other features of shared libraries, and
// build them all once more.
const every = ['--workspace', '--features', 'claudometer-desktop/custom-protocol'];
const withE2e = ['--workspace', '--features', 'claudometer-desktop/custom-protocol,claudometer-desktop/e2e'];

const preparation = [
  {
    title: 'system packages',
    needed: true,
    run: () => installPackages(['resident', 'window', 'tests', ...(process.platform === 'linux' ? ['packages'] : [])]),
  },
  { title: 'npm packages', needed: true, run: installModules },
  { title: 'pages of the window', needed: true, run: buildPages },
];
const build = {
  title: 'debug executables and tests',
  needed: true,
  run: () => cargo('build', ...every, '--all-targets'),
};
const tests = {
  window: { title: 'tests of the window (vitest)', run: () => npx('vitest', 'run') },
  crates: { title: 'tests of the crates (cargo test)', run: () => cargo('test', ...every, '--no-fail-fast') },
  e2e: {
    title: 'end-to-end tests (cargo test)',
    run: () => cargo('test', ...withE2e, '--no-fail-fast', '--test', 'e2e'),
  },
  scripts: { title: 'tests of the scripts (node)', run: testScripts },
  package: { title: 'the Debian package: installed, used, upgraded, removed, purged', run: testPackage },
};

/** Packages, signatures and updates, with what was built. */
function testScripts() {
  const folder = join(workspace, 'scripts');
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.mjs'));
  return run(process.execPath, ['--test', '--test-reporter=spec', ...files.map((name) => join(folder, name))]);
}

await main(async (names) => {
  requireToolchain();
  const unknown = names.filter((name) => !(name in tests));
  if (unknown.length > 0)
    throw new Stop(`No such tests: ${unknown.join(', ')}. There are ${Object.keys(tests).join(', ')}.`);
  // The end-to-end tests stand on Linux's tray protocol, keyring and WebDriver; that of the package installs it.
  const possible = { e2e: process.platform === 'linux', package: canInstall() };
  const here = Object.keys(tests).filter((name) => possible[name] ?? true);
  if (names.includes('package') && !here.includes('package'))
    throw new Stop('The package can be tested as root on Debian and its family only.');
  const chosen = here.filter((name) => names.length === 0 || names.includes(name));
  const compiled = chosen.filter((name) => name !== 'window');
  const list = [
    ...preparation,
    ...chosen.filter((name) => name === 'window').map((name) => tests[name]),
    ...(compiled.length > 0 ? [build] : []),
    ...compiled.map((name) => tests[name]),
  ];
  list[list.length - 1] = { ...list.at(-1), closing: true };
  await steps(list);
});
