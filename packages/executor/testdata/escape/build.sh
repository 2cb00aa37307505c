#!/bin/sh
# Builds every escape program, or those named; needs clang, lld, wasi-libc and libclang-rt-14-dev-wasm32.
set -e
cd "$(dirname "$0")"
[ $# -gt 0 ] || set -- *.c
for source in "$@"; do
  clang --target=wasm32-wasi -Oz -s -Wall -Wno-unused-function -o "${source%.c}.wasm" "$source"
done
