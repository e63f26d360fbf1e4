import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { appDir, appImage } from './appimage.mjs';
import { about, stage } from './packaging.mjs';
import { build, folderOf } from './pretend.mjs';
import { has } from './run.mjs';

const skip = has('mksquashfs') && has('rsvg-convert') ? false : 'squashfs-tools and librsvg make packages';
const run = (program, ...args) => execFileSync(program, args, { encoding: 'utf8' });

test('an AppImage is its runtime and everything that a package would put on a system', { skip }, (test) => {
  const folder = folderOf(test, rmSync);
  const image = appImage(appDir(stage(build(join(folder, 'built')))), '/bin/true', folder);
  assert.ok(image.endsWith(`claudometer-${about.version}-${about.architecture}.AppImage`));
  const runtime = readFileSync('/bin/true');
  assert.ok(readFileSync(image).subarray(0, runtime.length).equals(runtime));
  assert.equal(statSync(image).mode & 0o777, 0o755);

  const inside = join(folder, 'inside');
  run('unsquashfs', '-quiet', '-no-progress', '-offset', String(runtime.length), '-dest', inside, image);
  assert.equal(run(join(inside, 'AppRun'), '--version'), 'claudometer says --version\n');
  assert.equal(run(join(inside, 'usr/bin/claudometer-desktop')), 'window\n');
  const png = Buffer.from('\x89PNG', 'latin1');
  for (const picture of ['.DirIcon', 'claudometer.png'])
    assert.ok(readFileSync(join(inside, picture)).subarray(0, 4).equals(png), picture);
  const entry = 'dev.claudometer.Claudometer.desktop';
  assert.match(readFileSync(join(inside, entry), 'utf8'), /^Icon=claudometer$/m);
  run('desktop-file-validate', join(inside, 'usr/share/applications', entry));
  const metadata = join(inside, 'usr/share/metainfo/dev.claudometer.Claudometer.metainfo.xml');
  run('appstreamcli', 'validate', '--no-net', metadata);
});
