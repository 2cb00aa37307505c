#!/bin/sh
# Builds the committed modules again. Debian: apt-get install clang lld wasi-libc libclang-rt-dev-wasm32
cd "$(dirname "$0")" || exit 1
for source in *.c; do
  clang --target=wasm32-wasi -O2 -s -o "${source%.c}.wasm" "$source" || exit 1
done
