/** The part of the WebAssembly JavaScript interface that this package uses; Node's types leave it to the browser's. */
declare namespace WebAssembly {
  interface ModuleExport {
    readonly name: string;
    readonly kind: string;
  }
  interface ModuleImport {
    readonly module: string;
    readonly name: string;
    readonly kind: string;
  }
  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): ModuleImport[];
    static exports(module: Module): ModuleExport[];
    static customSections(module: Module, name: string): ArrayBuffer[];
  }
  class Memory {
    constructor(limits: { readonly initial: number; readonly maximum?: number });
    readonly buffer: ArrayBuffer;
  }
  class Table {
    constructor(limits: {
      readonly initial: number;
      readonly maximum?: number;
      readonly element: "anyfunc" | "externref";
    });
  }
  class Global {
    constructor(type: { readonly value: string; readonly mutable: boolean }, value: unknown);
    value: unknown;
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}
  function validate(bytes: Uint8Array): boolean;
  function compile(bytes: Uint8Array): Promise<Module>;
}
