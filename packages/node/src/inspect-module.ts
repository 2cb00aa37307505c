export { type AdmittedModule, inspectModule, type ModuleInspection } from "@gadus/executor/inspect-module";
