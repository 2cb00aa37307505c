#!/bin/sh
# Builds the committed module again. Debian: apt-get install clang lld wasi-libc libclang-rt-14-dev-wasm32
cd "$(dirname "$0")" && clang --target=wasm32-wasi -O2 -s -o matching-words.wasm matching-words.c
