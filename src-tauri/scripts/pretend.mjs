// For tests of the packaging: executables that only say what a package asks of them, and programs that stand in for those of
// a system that is not here.
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that goes with the test. */
export function folderOf(test, rm) {
  const folder = mkdtempSync(join(tmpdir(), 'claudometer-test-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes executable scripts by their names. */
export function programs(folder, texts) {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

/** What a build leaves, as far as packages look at it. */
export function build(folder) {
  return programs(folder, { claudometer: 'echo "claudometer says $*"', 'claudometer-desktop': 'echo window' });
}
