/** Dawn for Node, as much of it as is used: an optional dependency, so that its own types need not be there to build. */
declare module 'webgpu' {
  export function create(flags: string[]): GPU;
}
