export { type BuildOptions, type BuiltComponent, buildComponent } from './build.ts';
export { type Shipped, shipped } from './shipped.ts';
export { missingTools, type Tool, toolSpecs } from './tools.ts';
export { assembleWit, witSource } from './wit.ts';
