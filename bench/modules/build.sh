#!/bin/sh
# Builds the committed modules again. Debian: apt-get install clang lld wasi-libc libclang-rt-14-dev-wasm32
set -e
cd "$(dirname "$0")"
for source in *.c kernels/*.c; do
  clang --target=wasm32-wasi -O2 -s -o "${source%.c}.wasm" "$source"
done
