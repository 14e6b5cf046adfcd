export {
  acquireLock,
  initialize,
  reap,
  releaseLock,
} from "../../packages/semaphore/src/handlers/index.ts";
