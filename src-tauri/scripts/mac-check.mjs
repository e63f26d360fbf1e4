// npm run mac-check: types and lints of everything for macOS, on any system: without Apple's SDK and without a linker.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, main, run, Stop, steps, workspace } from './run.mjs';
import { requireToolchain } from './system.mjs';
import { buildPages, installModules } from './web.mjs';

const TARGET = 'aarch64-apple-darwin';
/** Nothing is linked in a check, so empty objects do where build scripts compile C. */
const STANDS_IN = {
  'target-cc': `#!/bin/sh
[ "$1" = --version ] && { echo "Apple clang version 15.0.0"; exit 0; }
out=
while [ $# -gt 0 ]; do
  case "$1" in -o) out=$2; shift;; -E) exit 0;; esac
  shift
done
[ -n "$out" ] && : > "$out"
exit 0
`,
  'target-ar': `#!/bin/sh
for file in "$@"; do
  case "$file" in *.a) printf '!<arch>\\n' > "$file";; esac
done
`,
  xcrun: `#!/bin/sh
here=$(dirname "$0")
case "$*" in
  *--show-sdk-path*) echo "$here/sdk";;
  *--show-sdk-version*) echo 14.0;;
  *--find*) echo "$here/target-cc";;
esac
`,
};

function addTarget() {
  const known = ask('rustup', ['target', 'list', '--installed']);
  if (known === null) throw new Stop('rustup is needed to fetch the standard library for macOS.');
  return known.includes(TARGET) ? undefined : run('rustup', ['target', 'add', TARGET], { cwd: workspace });
}

async function check() {
  const tools = mkdtempSync(join(tmpdir(), 'claudometer-mac-'));
  mkdirSync(join(tools, 'sdk'));
  for (const [name, text] of Object.entries(STANDS_IN)) {
    writeFileSync(join(tools, name), text);
    chmodSync(join(tools, name), 0o755);
  }
  const env = { PATH: `${tools}:${process.env.PATH}`, SDKROOT: join(tools, 'sdk') };
  for (const [name, tool] of [
    ['CC', 'target-cc'],
    ['CXX', 'target-cc'],
    ['AR', 'target-ar'],
  ]) {
    env[`${name}_${TARGET.replaceAll('-', '_')}`] = join(tools, tool);
  }
  // What is for Linux alone stays away: its tray, and the tests that drive a Linux desktop.
  const apart = ['--exclude', 'claudometer-tray', '--exclude', 'claudometer-testkit', '--exclude', 'claudometer-bench'];
  const args = [
    'clippy',
    '--target',
    TARGET,
    '--workspace',
    ...apart,
    '--features',
    'claudometer-desktop/custom-protocol',
  ];
  try {
    await run('cargo', [...args, '--', '--deny', 'warnings'], { cwd: workspace, env });
  } finally {
    rmSync(tools, { recursive: true, force: true });
  }
}

await main(async () => {
  requireToolchain();
  await steps([
    { title: 'npm packages', needed: true, run: installModules },
    { title: 'pages of the window', needed: true, run: buildPages },
    { title: 'standard library for macOS', needed: true, run: addTarget },
    { title: 'types and lints for macOS (clippy)', run: check },
  ]);
});
