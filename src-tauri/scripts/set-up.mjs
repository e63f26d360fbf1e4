// npm run set-up: everything that a developer's machine needs, without building anything.
import { main, steps } from './run.mjs';
import { installPackages, requireToolchain } from './system.mjs';
import { installModules } from './web.mjs';

await main(async () => {
  requireToolchain();
  await steps([
    { title: 'system packages', needed: true, run: () => installPackages(['resident', 'window', 'tests']) },
    { title: 'npm packages', needed: true, run: installModules },
  ]);
});
