// npm run fmt: puts every source file into the house's format.
import { main, npx, steps, xtask } from './run.mjs';
import { requireToolchain } from './system.mjs';
import { installModules } from './web.mjs';

await main(async () => {
  requireToolchain();
  await steps([
    { title: 'npm packages', needed: true, run: installModules },
    { title: 'Rust (rustfmt)', run: () => xtask('fmt') },
    { title: 'window (biome)', run: () => npx('biome', 'check', '--write') },
  ]);
});
