/** The part of reflect-metadata's Reflect that is used here. */
export interface MetadataReflect {
  defineMetadata(key: unknown, value: unknown, target: object): void;
  getMetadata(key: unknown, target: object): unknown;
  getOwnMetadata(key: unknown, target: object): unknown;
}

const PROMISED = [
  'metadata',
  'defineMetadata',
  'hasMetadata',
  'hasOwnMetadata',
  'getMetadata',
  'getOwnMetadata',
  'getMetadataKeys',
  'getOwnMetadataKeys',
  'deleteMetadata',
];

// Its type depends on what else is compiled with us.
const REFLECT: object = Reflect;

let onFirstUse = (): void => {};

/** The original function while reads of it are watched. */
let watched: MetadataReflect['getMetadata'] | undefined;

/**
 * tsyringe and compilers with emitDecoratorMetadata find the functions of reflect-metadata in Reflect, but the package
 * is loaded only when they look: most programs never do, and each process of a tree would load it.
 * @param callback is called after such a read.
 */
export function promiseMetadata(callback: () => void): void {
  if (isMetadataThere()) return;
  onFirstUse = callback;
  for (const name of PROMISED) {
    Object.defineProperty(Reflect, name, {
      configurable: true,
      enumerable: false,
      get: () => {
        loadMetadata();
        onFirstUse();
        return Reflect.get(Reflect, name) as unknown;
      },
      // Another polyfill.
      set: (value) =>
        Object.defineProperty(Reflect, name, {
          value,
          configurable: true,
          writable: true,
          enumerable: false,
        }),
    });
  }
}

/**
 * Calls back each time other code reads Reflect.getMetadata, as the container does while it is loaded.
 * @returns false if that cannot be seen.
 */
export function watchMetadata(onLook: () => void): boolean {
  if (watched) return true;
  const found = Object.getOwnPropertyDescriptor(Reflect, 'getMetadata');
  if (!found?.configurable || typeof found.value !== 'function') return false;
  watched = found.value as MetadataReflect['getMetadata'];
  Object.defineProperty(Reflect, 'getMetadata', {
    configurable: true,
    enumerable: found.enumerable ?? false,
    get: () => {
      const value = watched;
      onLook();
      return value;
    },
    set: (value: MetadataReflect['getMetadata']) => {
      watched = value;
    },
  });
  return true;
}

/** The container is known: its reads, of which there may be many, are no longer intercepted. */
export function unwatchMetadata(): void {
  if (!watched) return;
  const value = watched;
  watched = undefined;
  Object.defineProperty(Reflect, 'getMetadata', {
    value,
    configurable: true,
    writable: true,
    enumerable: false,
  });
}

/** The metadata functions if they are in use, without loading them. */
export function metadataReflect(): MetadataReflect | undefined {
  if (!isMetadataThere()) return undefined;
  const reflect = REFLECT as MetadataReflect;
  // Our own reads do not count.
  const unwatched = watched;
  if (!unwatched) return reflect;
  return {
    defineMetadata: (key, value, target) => reflect.defineMetadata(key, value, target),
    getMetadata: (key, target) => unwatched(key, target),
    getOwnMetadata: (key, target) => reflect.getOwnMetadata(key, target),
  };
}

/** The metadata functions; loads them if necessary. */
export function loadMetadata(): MetadataReflect {
  // First, because the package checks what is there when it is loaded.
  for (const name of PROMISED) if (isPromise(name)) Reflect.deleteProperty(Reflect, name);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a property that is read cannot wait
  require('reflect-metadata');
  return REFLECT as MetadataReflect;
}

function isMetadataThere(): boolean {
  return 'getMetadata' in Reflect && !isPromise('getMetadata');
}

function isPromise(name: string): boolean {
  if (name === 'getMetadata' && watched) return false;
  return Object.getOwnPropertyDescriptor(Reflect, name)?.get !== undefined;
}
