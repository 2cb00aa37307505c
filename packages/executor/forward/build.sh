#!/bin/sh
# Builds forward.c for both architectures, into the folder named or this one; needs clang and lld.
set -e
cd "$(dirname "$0")"
out=${1:-.}
for target in x64:x86_64 arm64:aarch64; do
  clang "--target=${target#*:}-linux-gnu" -std=c11 -Oz -Wall -Wextra -Werror -ffreestanding -fno-builtin -fno-pic -fno-ident \
    -fno-stack-protector -fno-asynchronous-unwind-tables -nostdlib -nostdinc -static -fuse-ld=lld \
    -Wl,--build-id=none,--strip-all,-z,noexecstack,-z,norelro -o "$out/forward-${target%%:*}" forward.c
done
