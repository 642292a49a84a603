// What Cloudflare loads: the worker and its objects, each a thin class around its namesake in the WebAssembly module.
//
// A panic aborts the module, and what it has in memory may be half changed. So the next call starts a new instance of
// the module, and every object is made anew in it from what it has stored.
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";

import * as module from "./index.js";
import models from "./models.js";

// The module asks for the model files that a game plays.
globalThis.footlightsFile = (name) => models[name] && new Uint8Array(models[name]);

Error.stackTraceLimit = 100;
const instance = module.__worker_init_state();

/** An error that leaves the module unusable is remembered; the caller gets it in any case. */
function aborted(error) {
  if (error instanceof WebAssembly.RuntimeError) {
    console.error("the module is started again:", error);
    instance.criticalError = true;
  }
  return error;
}

// What a task of the module's own throws reaches nobody else.
addEventListener("error", (event) => aborted(event.error));

/** Calls into the module, after a new start where it is unusable. */
async function call(into) {
  if (instance.criticalError) {
    module.__wbg_reset_state();
    instance.criticalError = false;
    instance.instanceId += 1;
  }
  try {
    return await into();
  } catch (error) {
    throw aborted(error);
  }
}

export default class extends WorkerEntrypoint {
  fetch(request) {
    return call(() => module.fetch.call(this, request, this.env, this.ctx));
  }
}

// Cloudflare lets a message through that has 32 MiB. The module would copy it, and its memory never shrinks: two of them could
// end every game of the isolate. So a message is cut before; what is left is still more than the object takes, and is
// refused with the words and the close code for that.
const LONGEST = 16 << 10;
const LONGEST_PUBLISHED = 12 << 20;

const cut = (message, longest) =>
  (message.byteLength ?? message.length) > longest ? message.slice(0, longest) : message;

/** The object class of that name, which takes messages up to that length. */
function object(Inner, longest = LONGEST) {
  return class extends DurableObject {
    #inner;
    #madeIn;

    #call(method, ...args) {
      return call(() => {
        if (this.#madeIn !== instance.instanceId) {
          this.#inner = new Inner(this.ctx, this.env);
          this.#madeIn = instance.instanceId;
        }
        return this.#inner[method](...args);
      });
    }

    fetch(request) {
      return this.#call("fetch", request);
    }
    alarm(info) {
      return this.#call("alarm", info);
    }
    webSocketMessage(socket, message) {
      return this.#call("webSocketMessage", socket, cut(message, longest));
    }
    webSocketClose(socket, code, reason, wasClean) {
      return this.#call("webSocketClose", socket, code, reason, wasClean);
    }
    webSocketError(socket, error) {
      return this.#call("webSocketError", socket, error);
    }
  };
}

export const Participant = object(module.Participant);
export const Lobby = object(module.Lobby);
export const Rooms = object(module.Rooms);
export const Assignment = object(module.Assignment);
export const Watch = object(module.Watch);
// A trainer elsewhere publishes models.
export const Training = object(module.Training, LONGEST_PUBLISHED);
