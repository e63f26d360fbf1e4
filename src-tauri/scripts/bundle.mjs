// npm run bundle: packages for Debian and Fedora and their families, and an archive that runs anywhere, in
// src-tauri/target/bundle.
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { bundles, deb, portable, rpm, stage } from './packaging.mjs';
import { cargo, main, root, steps } from './run.mjs';
import { installPackages, requireToolchain } from './system.mjs';
import { buildPages, installModules } from './web.mjs';

const release = (name, ...more) => cargo('build', '--release', '--package', name, ...more);
const made = [];

await main(async () => {
  requireToolchain();
  await steps([
    { title: 'system packages', needed: true, run: () => installPackages(['resident', 'window', 'packages']) },
    { title: 'npm packages', needed: true, run: installModules },
    { title: 'pages of the window', needed: true, run: buildPages },
    { title: 'resident', needed: true, run: () => release('claudometer') },
    { title: 'window', needed: true, run: () => release('claudometer-desktop', '--features', 'custom-protocol') },
    {
      title: 'packages',
      needed: true,
      run: () => {
        rmSync(bundles, { recursive: true, force: true });
        mkdirSync(bundles, { recursive: true });
        const staged = stage();
        made.push(deb(staged), rpm(staged), portable(staged));
      },
    },
    {
      title: 'what was made',
      closing: true,
      run: () => {
        for (const file of made) {
          const mib = statSync(file).size / 1024 / 1024;
          console.log(`${relative(root, file)}  ${mib.toFixed(1)} MiB`);
        }
      },
    },
  ]);
});
