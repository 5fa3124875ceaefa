export { resolveCacheDir } from './cache-dir.ts';
export { checkGiven, type Linked, linkGiven } from './given/link.ts';
export { surveyModule } from './given/survey.ts';
export { exportsNamed, type HandlerExport, resolveCommand, resolveHandler } from './handler.ts';
export { checkImports } from './imports.ts';
export {
  DEFAULT_HANDLER,
  type InspectedFunction,
  type InspectedItem,
  type Inspection,
  inspectComponent,
} from './inspect.ts';
export { listNames } from './name-list.ts';
export { type OpenedComponent, openComponent } from './open.ts';
export { type Command, type CommandOptions, createCommand } from './pool/command.ts';
export { type Buffering, createPool, type PoolOptions, type StartableGuestPool } from './pool/pool.ts';
export { type PreparedComponent, type PrepareOptions, prepareComponent } from './prepare.ts';
