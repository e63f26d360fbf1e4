// An AppImage: our part of a system in one file that runs from anywhere. The window uses the system's WebKitGTK.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { about, bundles, committed, staging } from './packaging.mjs';
import { root } from './run.mjs';

const ENTRY = 'dev.claudometer.Claudometer.desktop';

/** Puts together what is in an AppImage from a staged tree; answers the folder. */
export function appDir(staged) {
  const folder = join(staging, 'AppDir');
  rmSync(folder, { recursive: true, force: true });
  cpSync(staged, folder, { recursive: true });
  const license = join(folder, 'usr/share/licenses/claudometer/LICENSE');
  mkdirSync(dirname(license), { recursive: true });
  cpSync(join(root, 'LICENSE'), license);
  const links = {
    // The resident itself: as the first process it keeps the image open for as long as it runs.
    AppRun: 'usr/bin/claudometer',
    [ENTRY]: `usr/share/applications/${ENTRY}`,
    'claudometer.png': 'usr/share/icons/hicolor/256x256/apps/claudometer.png',
    '.DirIcon': 'claudometer.png',
  };
  for (const [name, to] of Object.entries(links)) symlinkSync(to, join(folder, name));
  return folder;
}

/** Makes the image: the runtime of AppImages, which opens what follows it, and that. */
export function appImage(folder, runtime, to = bundles) {
  const file = join(to, `claudometer-${about.version}-${about.architecture}.AppImage`);
  const packed = join(staging, 'AppDir.squashfs');
  execFileSync(
    'mksquashfs',
    [folder, packed, '-noappend', '-root-owned', '-no-xattrs', '-no-progress', '-quiet', '-comp', 'zstd'],
    { env: { ...process.env, SOURCE_DATE_EPOCH: committed('%ct') }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  writeFileSync(file, Buffer.concat([readFileSync(runtime), readFileSync(packed)]));
  chmodSync(file, 0o755);
  return file;
}
