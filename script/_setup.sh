# Sourced by the scripts beside it: finds Python, makes .venv and installs the locked packages into it.
# Sets $python to the interpreter of .venv. Call: set_up runtime | set_up test

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if command -v "$candidate" >/dev/null 2>&1 && is_new_enough "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

set_up() {
    local system_python name
    name="script/$(basename "$0")"
    if ! system_python=$(find_python); then
        echo "$name: Python 3.11 or newer is needed and was not found ($(python3 --version 2>/dev/null || echo no python3)): install it, or name it with PYTHON=/path/to/python3.11." >&2
        exit 1
    fi
    "$system_python" script/_setup.py "$name" "$1" || exit 1
    python="$PWD/.venv/bin/python"
}
