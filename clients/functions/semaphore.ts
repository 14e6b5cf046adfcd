export {
  acquireLock,
  initialize,
  reap,
  releaseLock,
} from "../../packages/semaphore/src/index.ts";
