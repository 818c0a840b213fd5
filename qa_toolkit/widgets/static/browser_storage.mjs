// The browser's storage, which may be full or forbidden: that costs the survival of a reload and nothing else.

/** Texts by key. What cannot be written is not there, and nothing raises. */
export class BrowserStorage {
  constructor(storage = localStorageOrNull()) {
    this.storage = storage;
  }

  /** The text, null where there is none, or undefined where the storage does not say. */
  read(key) {
    try {
      return this.storage?.getItem(key);
    } catch {
      return undefined;
    }
  }

  /** Whether the text is kept now. */
  write(key, text) {
    try {
      this.storage?.setItem(key, text);
      return Boolean(this.storage);
    } catch {
      return false;
    }
  }

  remove(key) {
    try {
      this.storage?.removeItem(key);
    } catch {
      // What cannot be removed is read again after a reload, and compared with the store then.
    }
  }

  /** The keys that begin with `prefix`, in their order as texts. */
  keys(prefix) {
    try {
      const places = Array.from({ length: this.storage?.length ?? 0 }, (_, at) => this.storage.key(at));
      return places.filter((key) => key?.startsWith(prefix)).sort();
    } catch {
      return [];
    }
  }
}

function localStorageOrNull() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
