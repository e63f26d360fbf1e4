// npm run bundle: what a release holds for this system, in src-tauri/target/bundle. On Linux packages for Debian and Fedora and
// their families, an archive that runs anywhere, and, with `--runtime FILE` (the runtime of AppImages), an AppImage; on macOS the
// application as archive and disk image. `--from FOLDER` takes what is built already.
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { appDir, appImage } from './appimage.mjs';
import { application, macPackages } from './mac.mjs';
import { bundles, deb, portable, rpm, stage } from './packaging.mjs';
import { cargo, main, root, Stop, steps } from './run.mjs';
import { installPackages, requireToolchain } from './system.mjs';
import { buildPages, installModules } from './web.mjs';

const release = (name, ...more) => cargo('build', '--release', '--package', name, ...more);

const build = [
  { title: 'npm packages', needed: true, run: installModules },
  { title: 'pages of the window', needed: true, run: buildPages },
  { title: 'resident', needed: true, run: () => release('claudometer') },
  { title: 'window', needed: true, run: () => release('claudometer-desktop', '--features', 'custom-protocol') },
];

function linuxPackages(target, runtime) {
  const staged = stage(target);
  const image = runtime ? [appImage(appDir(staged), runtime)] : [];
  return [deb(staged), rpm(staged), portable(staged), ...image];
}

function wanted(args) {
  const options = { from: { type: 'string' }, runtime: { type: 'string' } };
  try {
    const { from, runtime } = parseArgs({ args, options }).values;
    if (runtime && !existsSync(runtime)) throw new Stop(`${runtime} is not there.`);
    return { from: from && resolve(from), runtime: runtime && resolve(runtime) };
  } catch (error) {
    throw new Stop(`${error.message}\nUsage: npm run bundle -- [--from FOLDER] [--runtime FILE]`);
  }
}

await main(async (args) => {
  const { from, runtime } = wanted(args);
  const made = [];
  requireToolchain();
  await steps([
    { title: 'system packages', needed: true, run: () => installPackages(['resident', 'window', 'packages']) },
    ...(from ? [] : build),
    {
      title: 'packages',
      needed: true,
      run: () => {
        rmSync(bundles, { recursive: true, force: true });
        mkdirSync(bundles, { recursive: true });
        const mac = process.platform === 'darwin';
        made.push(...(mac ? macPackages(application(from)) : linuxPackages(from, runtime)));
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
