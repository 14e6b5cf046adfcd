import { cpus, release, totalmem, type } from "node:os";

/** On what the figures were taken, in a line. */
export function machineInWords(): string {
  const processors = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${processors.length} × ${processors[0]?.model.trim()}, ${gigabytes} GB, Node ${process.version}, ${type()} ${release()}`;
}
