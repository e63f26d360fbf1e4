#!/bin/sh
# After the package is gone: what it kept stays unless everything is to go.
set -e

# dpkg says "purge"; rpm knows no such thing and says how many versions are left.
if [ "$1" = purge ]; then
  # What each person kept, removed as that person, so that no link leads elsewhere. One whose home is not there now, or is not
  # to be written, must not keep the package from going.
  getent passwd | while IFS=: read -r user _ id _ _ home _; do
    if [ "$id" -ne 0 ] && { [ "$id" -lt 1000 ] || [ "$id" -ge 60000 ]; }; then
      continue
    fi
    [ -d "$home" ] && [ "$home" != / ] || continue
    runuser -u "$user" -- rm -rf -- \
      "$home/.config/claudometer" \
      "$home/.config/autostart/claudometer.desktop" \
      "$home/.local/share/claudometer" \
      "$home/.local/state/claudometer" || true
  done
fi
exit 0
