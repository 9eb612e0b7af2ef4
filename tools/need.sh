#!/bin/sh
# Looks for what Maru needs of the machine. Prints the Python to use; or ONE line that says what is missing, and fails.
# Usage: need.sh [run|test]

missing=""
miss() { missing="${missing:+$missing; }$1"; }

python=""
for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
  if command -v "$candidate" >/dev/null 2>&1 &&
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$(command -v "$candidate")
    break
  fi
done
if [ -z "$python" ]; then
  miss "Python 3.11 or newer (Debian: apt install python3 python3-venv)"
elif ! "$python" -c 'import ensurepip, venv, sqlite3' 2>/dev/null; then
  miss "Python's venv module (Debian: apt install python3-venv)"
fi

if ! command -v node >/dev/null 2>&1; then
  miss "Node.js 20.19 or newer with npm (nodejs.org)"
elif ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
  miss "Node.js 20.19 or newer (this one is $(node --version))"
elif ! command -v npm >/dev/null 2>&1; then
  miss "npm (it comes with Node.js)"
fi

compiler=""
for candidate in ${CXX:-} c++ g++ clang++; do
  if command -v "$candidate" >/dev/null 2>&1; then compiler=$candidate; break; fi
done
if [ -z "$compiler" ]; then
  miss "a C/C++ compiler (Debian: apt install build-essential)"
fi

if [ -n "$missing" ]; then
  echo "Maru cannot be set up; missing: $missing" >&2
  exit 1
fi
echo "$python"
