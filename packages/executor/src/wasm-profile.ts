/** The profile that modules are rewritten for, and results compared within. */
export const WASM_PROFILE = "wasm/1";
