// npm run check: everything that is wrong without running the program.
import { cargo, main, npx, steps, xtask } from './run.mjs';
import { installPackages, requireToolchain } from './system.mjs';
import { buildPages, installModules } from './web.mjs';

await main(async () => {
  requireToolchain();
  await steps([
    { title: 'system packages', needed: true, run: () => installPackages(['resident', 'window']) },
    { title: 'npm packages', needed: true, run: installModules },
    { title: 'pages of the window', needed: true, run: buildPages },
    { title: 'format of Rust (rustfmt)', run: () => xtask('fmt', '--check') },
    { title: 'rules of the repository (tidy)', run: () => xtask('tidy') },
    { title: 'generated types without drift', run: () => xtask('gen', '--check') },
    {
      title: 'reference pages without drift',
      run: () =>
        cargo('run', '--quiet', '--package', 'claudometer', '--', 'debug', 'docs', '--check', '../.github/docs'),
    },
    { title: 'format and lints of the window (biome)', run: () => npx('biome', 'ci') },
    { title: 'types of the window (svelte-check)', run: () => npx('svelte-check', '--fail-on-warnings') },
    {
      title: 'lints of Rust (clippy)',
      run: () =>
        cargo(
          'clippy',
          '--workspace',
          '--all-targets',
          '--features',
          'claudometer-desktop/custom-protocol,claudometer-desktop/e2e',
          '--',
          '--deny',
          'warnings',
        ),
    },
  ]);
});
