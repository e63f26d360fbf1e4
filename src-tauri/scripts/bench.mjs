// npm run bench: our figures beside a plain Tauri tray app's, in one run. Arguments go on: --idle SECONDS.
import { cargo, main, run, steps, workspace } from './run.mjs';
import { installPackages, requireToolchain } from './system.mjs';
import { buildPages, installModules } from './web.mjs';

const plain = 'bench/plain';
const release = (...args) => cargo('build', '--release', ...args);

await main(async (args) => {
  requireToolchain();
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
            'target/plain/release/plain-tray',
            ...args,
          ],
          { cwd: workspace },
        ),
    },
  ]);
});
