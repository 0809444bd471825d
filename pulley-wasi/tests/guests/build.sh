#!/usr/bin/env bash
# Builds the guests beside it. Needs clang with the target wasm32, wasm-ld, wasi-libc and compiler-rt for it (Debian: clang,
# lld, wasi-libc, libclang-rt-dev-wasm32).
set -euo pipefail
cd "$(dirname "$0")"
clang=${CLANG:-clang}
"$clang" --target=wasm32-wasi --sysroot=/usr -Os -Wall -Wextra -s libc.c -o libc.wasm
