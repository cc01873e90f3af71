#!/usr/bin/env bash
# Prints "version path" for each version asked for that is installed here and is not the Python of .venv.
set -euo pipefail

own=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
for version in "$@"; do
    [ "$version" = "$own" ] && continue
    for python in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/python; do
        if path=$("$python" -c 'import sys; print(sys.executable)' 2>/dev/null); then
            echo "$version $path"
            break
        fi
    done
done
