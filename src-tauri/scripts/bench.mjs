// npm run bench: our figures beside a plain Tauri tray app's, in one run. Arguments go on: --idle SECONDS, --logs MIB,
// --record to keep the table in .github/BUDGETS.md, --only-logs, --only-year or --only-files for the history alone, or
// --only-requests.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cargo, main, root, run, steps, workspace } from './run.mjs';
import { installPackages, requireToolchain } from './system.mjs';
import { buildPages, installModules } from './web.mjs';

const plain = 'bench/plain';
const peers = join(workspace, 'target/peers');
/** A status line that many use; without a network it is left out. */
const peer = join(peers, 'node_modules/.bin/ccusage');
const release = (...args) => cargo('build', '--release', ...args);

/** Its executable is an optional package of its own for each system. */
function installPeer() {
  const platform = `@ccusage/ccusage-${process.platform}-${process.arch}`;
  const install = ['install', '--no-save', '--silent', '--prefix', peers, 'ccusage', platform];
  return run('npm', install, { cwd: workspace }).catch(() =>
    console.log('It could not be installed, so it is left out.'),
  );
}

await main(async (args) => {
  requireToolchain();
  const alone = args.find((word) => word.startsWith('--only-'));
  // Without a file's name the figures are kept where the repository keeps them.
  const kept = args.indexOf('--record') >= 0 ? ['--record', join(root, '.github/BUDGETS.md')] : [];
  const rest = [...args.filter((word) => word !== alone && word !== '--record'), ...kept];
  await steps([
    { title: 'system packages', needed: true, run: () => installPackages(['resident', 'window', 'tests', 'bench']) },
    { title: 'npm packages', needed: true, run: installModules },
    { title: 'pages of the window', needed: true, run: buildPages },
    { title: 'resident', needed: true, run: () => release('--package', 'claudometer') },
    {
      title: 'window',
      needed: true,
      run: () => release('--package', 'claudometer-desktop', '--features', 'custom-protocol'),
    },
    {
      title: 'plain app',
      needed: true,
      run: () =>
        release(
          '--manifest-path',
          `${plain}/Cargo.toml`,
          '--target-dir',
          'target/plain',
          '--features',
          'custom-protocol',
        ),
    },
    { title: 'a peer to compare with', run: installPeer },
    {
      title: 'figures',
      closing: true,
      run: () =>
        run(
          'cargo',
          [
            'run',
            '--quiet',
            '--package',
            'claudometer-bench',
            '--',
            'target/release/claudometer',
            alone ?? 'target/plain/release/plain-tray',
            ...(existsSync(peer) ? ['--peer', peer] : []),
            ...rest,
          ],
          { cwd: workspace },
        ),
    },
  ]);
});
