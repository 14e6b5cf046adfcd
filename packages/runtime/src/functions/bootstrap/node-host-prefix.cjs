"use strict";
// The SDK for JavaScript puts "sync-" before the endpoint's host for two operations of Step Functions, and reads no
// variable that would keep it from that. A name server knows no such host: here it is the endpoint's own.
const dns = require("node:dns");

const PREFIX = "sync-";

/** Lets the endpoint be found under its prefixed name too; every other name is looked up as ever. */
function findPrefixedEndpoint() {
  const endpoint = process.env.AWS_ENDPOINT_URL ?? "";
  if (!URL.canParse(endpoint)) return;
  const { hostname } = new URL(endpoint);
  const { lookup } = dns;
  dns.lookup = (name, ...rest) =>
    lookup(name === `${PREFIX}${hostname}` ? hostname : name, ...rest);
  // Those who promisify it get what they would have got.
  Object.defineProperties(dns.lookup, Object.getOwnPropertyDescriptors(lookup));
}

module.exports = { findPrefixedEndpoint };
