// npm run screenshots: pictures of the real thing. Those of the README are replaced; all others go to target/screenshots.
import { copyFileSync } from 'node:fs';
import { cargo, main, run, steps, workspace } from './run.mjs';
import { installPackages, requireToolchain } from './system.mjs';
import { buildPages, installModules } from './web.mjs';

const folder = `${workspace}/target/screenshots`;

await main(async () => {
  requireToolchain();
  await steps([
    { title: 'system packages', needed: true, run: () => installPackages(['resident', 'window', 'tests']) },
    { title: 'npm packages', needed: true, run: installModules },
    { title: 'pages of the window', needed: true, run: buildPages },
    {
      title: 'debug executables',
      needed: true,
      run: () => cargo('build', '--workspace', '--features', 'claudometer-desktop/custom-protocol'),
    },
    {
      title: 'pictures',
      needed: true,
      run: () => run('target/debug/screenshots', ['target/debug/claudometer', folder], { cwd: workspace }),
    },
    {
      title: 'pictures of the README',
      closing: true,
      run: () => {
        for (const name of ['tray-menu.png', 'window.png'])
          copyFileSync(`${folder}/${name}`, `${workspace}/../.github/${name}`);
      },
    },
  ]);
});
