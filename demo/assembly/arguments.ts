import { argsGet, argsSizesGet } from "./wasi";

/** The command's arguments, without its own name. */
export function commandArguments(): string[] {
  const sizes = memory.data(8);
  if (argsSizesGet(sizes, sizes + 4) != 0) return [];
  const count = load<u32>(sizes);
  const pointers = new StaticArray<u32>(count);
  const bytes = new ArrayBuffer(load<u32>(sizes, 4));
  if (argsGet(changetype<usize>(pointers), changetype<usize>(bytes)) != 0) return [];
  const result: string[] = [];
  for (let index: u32 = 1; index < count; index++) result.push(textAt(pointers[index]));
  return result;
}

/** The UTF-8 text at `start`, up to its NUL. */
function textAt(start: usize): string {
  let end = start;
  while (load<u8>(end) != 0) end++;
  return String.UTF8.decodeUnsafe(start, end - start);
}
